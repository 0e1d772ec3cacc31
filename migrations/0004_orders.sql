-- No foreign keys: each inserted order would lock the product row that wishes update,
-- and the member's row. The batch that inserts orders has read the stock row already.
CREATE TABLE orders (
    id            BIGINT       NOT NULL AUTO_INCREMENT,
    order_no      BINARY(16)   NOT NULL,
    member_id     BIGINT       NOT NULL,
    product_id    BIGINT       NOT NULL,
    quantity      INT          NOT NULL,
    unit_price    BIGINT       NOT NULL,
    status        VARCHAR(10)  NOT NULL,
    reject_reason VARCHAR(30)  NULL,
    -- The client's Idempotency-Key and the digest of what came with it.
    idem_key      VARCHAR(255) NULL,
    fingerprint   BINARY(32)   NULL,
    admitted_at   DATETIME(3)  NOT NULL,
    created_at    DATETIME(3)  NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    updated_at    DATETIME(3)  NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
    PRIMARY KEY (id),
    UNIQUE KEY orders_order_no (order_no),
    UNIQUE KEY orders_idem_key (member_id, idem_key),
    KEY orders_of_member (member_id, id),
    KEY orders_of_product (product_id, id),
    CONSTRAINT orders_quantity CHECK (quantity > 0),
    CONSTRAINT orders_unit_price CHECK (unit_price >= 0),
    CONSTRAINT orders_status CHECK (status IN ('CONFIRMED', 'REJECTED', 'CANCELLED')),
    CONSTRAINT orders_reject_reason CHECK ((status = 'REJECTED') = (reject_reason IS NOT NULL)),
    CONSTRAINT orders_fingerprint CHECK ((idem_key IS NULL) = (fingerprint IS NULL))
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;
