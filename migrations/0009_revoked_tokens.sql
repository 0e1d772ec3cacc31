-- When token_version was last raised: servers look for those raised lately.
ALTER TABLE members
    ADD COLUMN tokens_revoked_at DATETIME(3) NULL,
    ADD KEY members_revoked (tokens_revoked_at);
