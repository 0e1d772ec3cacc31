-- The generated catalogue, at most one: what was asked for, and whether all of it is in.
CREATE TABLE catalogue_load (
    id          TINYINT         NOT NULL DEFAULT 1,
    products    BIGINT          NOT NULL,
    seed        BIGINT UNSIGNED NOT NULL,
    days        INT UNSIGNED    NOT NULL,
    today       DATE            NOT NULL,
    time_zone   VARCHAR(50)     NOT NULL,
    finished_at DATETIME(3)     NULL,
    PRIMARY KEY (id),
    CONSTRAINT catalogue_load_single CHECK (id = 1)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;
