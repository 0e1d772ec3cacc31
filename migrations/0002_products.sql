-- The index answers every list and search, so the primary key is the only key here.
CREATE TABLE products (
    id         BIGINT        NOT NULL AUTO_INCREMENT,
    name       VARCHAR(500)  NOT NULL,
    image      VARCHAR(1000) NOT NULL,
    price      BIGINT        NOT NULL,
    mall_name  VARCHAR(100)  NOT NULL,
    brand      VARCHAR(100)  NULL,
    category   VARCHAR(50)   NOT NULL,
    wish_count BIGINT        NOT NULL DEFAULT 0,
    version    BIGINT        NOT NULL DEFAULT 0,
    created_at DATETIME(3)   NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    updated_at DATETIME(3)   NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
    PRIMARY KEY (id),
    CONSTRAINT products_price CHECK (price >= 0),
    CONSTRAINT products_wish_count CHECK (wish_count >= 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
