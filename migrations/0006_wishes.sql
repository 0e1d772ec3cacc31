-- Ids give the order of a member's list. No foreign keys, for the same reason as orders:
-- the wish's own transaction updates the product's count and so sees a product that is missing.
CREATE TABLE wishes (
    id         BIGINT      NOT NULL AUTO_INCREMENT,
    member_id  BIGINT      NOT NULL,
    product_id BIGINT      NOT NULL,
    created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    PRIMARY KEY (id),
    UNIQUE KEY wishes_of_product (member_id, product_id),
    KEY wishes_of_member (member_id, id)
) ENGINE = InnoDB;
