-- The collation makes an address unique whatever its case.
CREATE TABLE members (
    id            BIGINT       NOT NULL AUTO_INCREMENT,
    name          VARCHAR(50)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin        NOT NULL,
    email         VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL,
    password_hash VARCHAR(255) CHARACTER SET ascii   COLLATE ascii_bin          NOT NULL,
    role          VARCHAR(10)  CHARACTER SET ascii   COLLATE ascii_bin          NOT NULL DEFAULT 'MEMBER',
    -- Raised to revoke every token given out before.
    token_version INT          NOT NULL DEFAULT 0,
    created_at    DATETIME(3)  NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    updated_at    DATETIME(3)  NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
    PRIMARY KEY (id),
    UNIQUE KEY members_email (email),
    CONSTRAINT members_role CHECK (role IN ('MEMBER', 'ADMIN'))
) ENGINE = InnoDB;
