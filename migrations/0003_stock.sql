-- Apart from products, so that orders neither lock nor rewrite a catalogue row.
-- The foreign key does not cascade: cascaded deletes never reach the binary log.
CREATE TABLE stock (
    product_id       BIGINT      NOT NULL,
    total            INT         NOT NULL,
    remaining        INT         NOT NULL,
    open_at          DATETIME(3) NOT NULL,
    close_at         DATETIME(3) NOT NULL,
    per_member_limit INT         NULL,
    version          BIGINT      NOT NULL DEFAULT 0,
    PRIMARY KEY (product_id),
    CONSTRAINT stock_product FOREIGN KEY (product_id) REFERENCES products (id),
    CONSTRAINT stock_remaining CHECK (remaining BETWEEN 0 AND total),
    CONSTRAINT stock_sale CHECK (open_at < close_at),
    CONSTRAINT stock_per_member_limit CHECK (per_member_limit > 0)
) ENGINE = InnoDB;
