//! What a statement in the binary log means for the catalogue.
//!
//! Rows are told as rows. A statement is known to be harmless, or it is asked whether it may concern a watched table;
//! what cannot be told does.

use crate::row_events::{Layout, WATCHED};

/// What a statement does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Statement<'a> {
    /// Begins a transaction.
    Begin,
    Commit,
    Rollback,
    /// Takes back some of the changes of a transaction: which is not told.
    RollbackTo,
    /// A step of an XA transaction, and its name.
    Xa {
        step: &'a str,
        xid: &'a str,
    },
    /// Changes no watched table.
    Harmless,
    /// From now on statements may write to watched tables without naming them.
    Indirection,
    /// May change a watched table otherwise than by rows; its first word.
    Concerns(String),
}

/// Reads a statement of a session whose default schema is `schema`.
pub(crate) fn read<'a>(schema: &str, text: &'a str, layout: &Layout) -> Statement<'a> {
    let head = Head::of(text);
    let words: Vec<&str> = head.words.iter().map(String::as_str).collect();
    match words[..] {
        [] if head.is_empty => return Statement::Harmless,
        ["BEGIN"] | ["BEGIN", "WORK"] | ["START", "TRANSACTION", ..] => return Statement::Begin,
        ["COMMIT", ..] => return Statement::Commit,
        ["ROLLBACK", "TO", ..] | ["ROLLBACK", "WORK", "TO", ..] => return Statement::RollbackTo,
        ["ROLLBACK", ..] => return Statement::Rollback,
        ["SAVEPOINT", ..] | ["RELEASE", "SAVEPOINT", ..] => return Statement::Harmless,
        ["XA", ..] => {
            let mut words = head.text.splitn(3, ' ').skip(1);
            let (step, xid) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            return Statement::Xa { step, xid };
        }
        _ => {}
    }
    let here = layout.is_schema(schema) || names(text, &layout.schema);
    let watched = here && WATCHED.iter().any(|table| names(text, table));
    let concerns = || Statement::Concerns(words.first().copied().unwrap_or("a statement").to_owned());
    match head.kind(&words) {
        Kind::Indirection if watched => Statement::Indirection,
        Kind::Harmless | Kind::Indirection => Statement::Harmless,
        Kind::DropsSchema if names(text, &layout.schema) => concerns(),
        Kind::DropsSchema => Statement::Harmless,
        Kind::Table | Kind::Write if watched => concerns(),
        // A view, a trigger or a function need not be called what it writes to.
        Kind::Write if layout.indirections => concerns(),
        Kind::Table | Kind::Write => Statement::Harmless,
    }
}

enum Kind {
    /// Changes no rows, whatever it names.
    Harmless,
    /// The same, but others may then write under another name.
    Indirection,
    DropsSchema,
    /// Changes a table that it names.
    Table,
    /// Rows as a statement, or anything else.
    Write,
}

/// How a statement begins.
struct Head<'a> {
    /// From its first word on.
    text: &'a str,
    /// Its first unquoted words, in capitals.
    words: Vec<String>,
    /// Some of it is only for some servers: what it begins with is not certain.
    is_versioned: bool,
    is_empty: bool,
}

/// No statement says later what it is.
const WORDS: usize = 24;

impl<'a> Head<'a> {
    fn of(text: &'a str) -> Self {
        let (mut rest, mut is_versioned) = (text, false);
        let mut head = Self { text: "", words: Vec::new(), is_versioned: false, is_empty: true };
        while head.words.len() < WORDS {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || "();,=@.".contains(c));
            let Some(first) = rest.chars().next() else { break };
            if let Some(executed) = rest.strip_prefix("/*!").or_else(|| rest.strip_prefix("/*M!")) {
                is_versioned = true;
                rest = executed.trim_start_matches(|c: char| c.is_ascii_digit());
                continue;
            }
            let after_comment = match first {
                '*' if rest.starts_with("*/") => Some(&rest[2..]),
                '/' if rest.starts_with("/*") => Some(rest.split_once("*/").map_or("", |(_, after)| after)),
                '-' if rest.starts_with("--") => Some(rest.split_once('\n').map_or("", |(_, after)| after)),
                '#' => Some(rest.split_once('\n').map_or("", |(_, after)| after)),
                _ => None,
            };
            if let Some(after) = after_comment {
                rest = after;
                continue;
            }
            if head.is_empty {
                (head.text, head.is_empty) = (rest, false);
            }
            let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
            rest = match first {
                '`' | '"' | '\'' => rest[1..].split_once(first).map_or("", |(_, after)| after),
                _ if end == 0 => &rest[first.len_utf8()..],
                _ => {
                    head.words.push(rest[..end].to_ascii_uppercase());
                    &rest[end..]
                }
            };
        }
        head.is_versioned = is_versioned;
        head
    }

    fn kind(&self, words: &[&str]) -> Kind {
        if self.is_versioned {
            // It may be anything; a schema is dropped with its tables.
            return if words.contains(&"DATABASE") || words.contains(&"SCHEMA") {
                Kind::DropsSchema
            } else {
                Kind::Write
            };
        }
        match *words {
            ["GRANT" | "REVOKE" | "FLUSH" | "CHECKSUM", ..] => Kind::Harmless,
            // Of MariaDB, for the statement after FOR.
            ["SET", "STATEMENT", ..] => match words.iter().position(|&word| word == "FOR") {
                Some(place) => self.kind(&words[place + 1..]),
                None => Kind::Write,
            },
            ["SET", ..] => Kind::Harmless,
            ["ANALYZE" | "OPTIMIZE" | "REPAIR" | "CHECK", ref of @ ..] => match of {
                ["TABLE" | "TABLES", ..] | ["LOCAL" | "NO_WRITE_TO_BINLOG", "TABLE" | "TABLES", ..] => Kind::Harmless,
                // MariaDB runs the statement that it analyses.
                _ => Kind::Write,
            },
            ["RENAME", "USER", ..] => Kind::Harmless,
            ["RENAME" | "TRUNCATE", ..] => Kind::Table,
            [verb @ ("CREATE" | "ALTER" | "DROP"), ref of @ ..] => {
                match of.iter().find(|word| OBJECTS.contains(word)).copied() {
                    Some("DATABASE" | "SCHEMA") if verb == "DROP" => Kind::DropsSchema,
                    Some("VIEW" | "TRIGGER" | "PROCEDURE" | "FUNCTION" | "PACKAGE" | "EVENT") => Kind::Indirection,
                    Some("TABLE" | "TABLES" | "SEQUENCE") | None => Kind::Table,
                    Some(_) => Kind::Harmless,
                }
            }
            _ => Kind::Write,
        }
    }
}

/// What is created, altered or dropped. The first of these words in a statement says it.
const OBJECTS: [&str; 18] = [
    "TABLE",
    "TABLES",
    "SEQUENCE",
    "DATABASE",
    "SCHEMA",
    "VIEW",
    "TRIGGER",
    "PROCEDURE",
    "FUNCTION",
    "PACKAGE",
    "EVENT",
    "INDEX",
    "USER",
    "ROLE",
    "SERVER",
    "TABLESPACE",
    "LOGFILE",
    "UNDO",
];

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// Whether a text has a name in it, however it is quoted or spelled.
fn names(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    let name = name.replace('`', "``");
    text.match_indices(&name).any(|(place, _)| {
        let (before, after) = (text[..place].chars().next_back(), text[place + name.len()..].chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(schema: &str) -> Layout {
        Layout { schema: schema.into(), tables: Default::default(), folds_case: false, indirections: false }
    }

    fn in_shop(text: &str) -> Statement<'_> {
        read("shop", text, &layout("shop"))
    }

    fn concerns(statement: &Statement<'_>) -> bool {
        matches!(statement, Statement::Concerns(_))
    }

    #[test]
    fn what_may_change_a_watched_table_concerns_however_it_is_written() {
        for text in [
            "TRUNCATE products",
            "truncate table `stock`",
            "ALTER TABLE shop.products ADD COLUMN a INT",
            "SET STATEMENT max_statement_time=0 FOR TRUNCATE products",
            "SET STATEMENT max_statement_time = 0, sql_mode='' FOR ALTER TABLE stock ADD COLUMN a INT",
            "DROP SCHEMA shop",
            "DROP DATABASE IF EXISTS `shop`",
            "/*!50000 TRUNCATE TABLE stock */",
            "/*!99999 GRANT */ TRUNCATE TABLE stock",
            "TRUNCATE /*!50000 TABLE */ stock",
            "DROP /*!40005 TEMPORARY */ TABLE IF EXISTS `products`",
            "/*! DROP */ SCHEMA shop",
            "-- why\nALTER TABLE products ADD a INT",
            "# why\n /* how */ ( ( UPDATE products SET price = 1 ) )",
            "WITH old AS (SELECT 1) DELETE FROM products WHERE id IN (SELECT * FROM old)",
            "(DELETE FROM stock)",
            "RENAME TABLE other TO Products",
            "CREATE OR REPLACE TABLE products (id INT)",
            "CREATE TABLE IF NOT EXISTS stock LIKE other",
            "ALTER TABLE other EXCHANGE PARTITION p WITH TABLE stock",
            "INSERT INTO \"products\" VALUES (1)",
            "ANALYZE UPDATE products SET price = 1",
            "ANALYZE FORMAT=JSON DELETE FROM stock",
            "LOAD DATA INFILE 'x' INTO TABLE products",
            "CALL mend('products')",
            "HANDLER products OPEN",
        ] {
            assert!(concerns(&in_shop(text)), "{text}: {:?}", in_shop(text));
        }
    }

    #[test]
    fn other_schemas_concern_when_they_name_this_one() {
        let other = |text| concerns(&read("other", text, &layout("shop")));
        for text in [
            "ALTER TABLE `shop`.`products` ADD COLUMN a INT",
            "ALTER TABLE \"shop\".\"products\" ADD COLUMN a INT",
            "TRUNCATE SHOP . products",
            "RENAME TABLE here.products TO shop.products",
            "drop schema Shop",
        ] {
            assert!(other(text), "{text}");
        }
        for text in
            ["TRUNCATE products", "DROP DATABASE other", "ALTER TABLE shopping.products ADD a INT", "DROP SCHEMA shop2"]
        {
            assert!(!other(text), "{text}");
        }
        assert!(concerns(&read("", "DROP DATABASE `open-race`", &layout("open-race"))));
        assert!(!concerns(&read("", "DROP DATABASE `open-races`", &layout("open-race"))));
    }

    #[test]
    fn what_changes_no_rows_is_harmless_whatever_it_names() {
        for text in [
            "GRANT SELECT ON shop.products TO 'products'@'%'",
            "CREATE USER products",
            "ALTER USER 'stock'@'%' IDENTIFIED BY 'products'",
            "SET PASSWORD FOR products = 'x'",
            "CREATE INDEX a ON products (price)",
            "CREATE UNIQUE INDEX a ON stock (total)",
            "DROP INDEX a ON products",
            "ANALYZE TABLE products",
            "OPTIMIZE NO_WRITE_TO_BINLOG TABLE stock",
            "DROP VIEW products_view",
            "CREATE DATABASE IF NOT EXISTS shop",
            "ALTER DATABASE shop CHARACTER SET utf8mb4",
            "TRUNCATE productshelf",
            "ALTER TABLE members ADD COLUMN a INT",
            "INSERT INTO members VALUES ('a product')",
            "SAVEPOINT products",
            "# Dummy event replacing event type 160 that slave cannot handle.",
            "",
        ] {
            assert_eq!(in_shop(text), Statement::Harmless, "{text}");
        }
    }

    #[test]
    fn what_may_write_under_another_name_is_remembered() {
        for text in [
            "CREATE VIEW cheap AS SELECT * FROM products WHERE price < 10",
            "CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW cheap AS SELECT * FROM products",
            "CREATE DEFINER=`root`@`localhost` TRIGGER t AFTER INSERT ON members FOR EACH ROW UPDATE products SET price = 1",
            "CREATE OR REPLACE FUNCTION f() RETURNS INT BEGIN UPDATE stock SET total = 1; RETURN 1; END",
        ] {
            assert_eq!(in_shop(text), Statement::Indirection, "{text}");
        }
        let indirect = Layout { indirections: true, ..layout("shop") };
        assert!(concerns(&read("shop", "INSERT INTO cheap VALUES (1)", &indirect)));
        assert!(concerns(&read("other", "SELECT `other`.`f`()", &indirect)));
        assert_eq!(read("shop", "ALTER TABLE members ADD a INT", &indirect), Statement::Harmless);
    }

    #[test]
    fn transactions_are_told_apart() {
        assert_eq!(in_shop("BEGIN"), Statement::Begin);
        assert_eq!(in_shop("COMMIT"), Statement::Commit);
        assert_eq!(in_shop("ROLLBACK"), Statement::Rollback);
        assert_eq!(in_shop("ROLLBACK TO `here`"), Statement::RollbackTo);
        assert_eq!(in_shop("rollback work to savepoint here"), Statement::RollbackTo);
        let xid = "X'61',X'',1";
        assert_eq!(in_shop("XA COMMIT X'61',X'',1"), Statement::Xa { step: "COMMIT", xid });
        assert!(concerns(&in_shop("BEGIN NOT ATOMIC UPDATE products SET price = 1; END")));
    }
}
