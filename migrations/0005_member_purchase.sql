-- Units of one product a member holds in confirmed orders; read under the stock row's lock.
CREATE TABLE member_purchase (
    product_id BIGINT NOT NULL,
    member_id  BIGINT NOT NULL,
    quantity   INT    NOT NULL,
    PRIMARY KEY (product_id, member_id),
    CONSTRAINT member_purchase_quantity CHECK (quantity >= 0)
) ENGINE = InnoDB;
