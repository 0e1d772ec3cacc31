-- The number of an order with an Idempotency-Key is derived from the member and the key, so that
-- orders_order_no alone makes one order of all repeats.
ALTER TABLE orders
    DROP CONSTRAINT orders_fingerprint,
    DROP KEY orders_idem_key,
    DROP COLUMN idem_key,
    DROP COLUMN fingerprint;
-- What a member holds of a product is the sum of the member's confirmed orders, read from this key
-- alone under the stock row's lock.
ALTER TABLE orders
    DROP KEY orders_of_product,
    ADD KEY orders_of_buyer (product_id, member_id, status, quantity);
DROP TABLE member_purchase;
-- The sales that open next.
ALTER TABLE stock ADD KEY stock_opening (open_at);
