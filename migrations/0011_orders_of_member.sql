-- A member's list leaves cancelled orders out: it is counted and walked on this key alone.
ALTER TABLE orders
    DROP KEY orders_of_member,
    ADD KEY orders_of_member (member_id, id, status);
