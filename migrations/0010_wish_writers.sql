-- The last batch of wishes that each writer committed: a writer whose COMMIT was not answered
-- learns here whether it was done.
CREATE TABLE wish_writers (
    id         BINARY(16)  NOT NULL,
    batch      BIGINT      NOT NULL,
    updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
    PRIMARY KEY (id),
    KEY wish_writers_updated (updated_at)
) ENGINE = InnoDB;
