use std::path::PathBuf;

use clap::Parser;
use openrace::import::{
    CatalogueRow,
    file::{self, Checked, FileError, ImportArgs, ImportError},
};
use tempfile::TempDir;

const HEADER: &str = "product_name,product_image,price,mall_name,category";
const HOUR: i64 = 60 * 60 * 1000;
/// 2026-11-22 09:00 in Seoul.
const OPENING: i64 = 1_795_305_600_000;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    args: ImportArgs,
}

/// A file of this name, in a folder of its own.
struct Input {
    folder: TempDir,
    path: PathBuf,
}

impl Input {
    fn new(name: &str, content: impl AsRef<[u8]>) -> Input {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        Input { folder, path }
    }

    fn check(&self, arguments: &[&str]) -> Result<Checked, ImportError> {
        let fixed = ["import", self.path.to_str().unwrap(), "--time-zone", "Asia/Seoul"];
        file::check(&Command::parse_from(fixed.iter().chain(arguments)).args)
    }

    fn rejects(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

fn row(content: &str) -> CatalogueRow {
    let mut checked = Input::new("products.csv", content).check(&["--opens-at", "2026-11-22T09:00"]).unwrap();
    assert_eq!((checked.rows.len(), checked.rejected), (1, 0));
    checked.rows.remove(0)
}

/// The rejected rows, each behind its line and the reason.
fn rejected(content: &str) -> Vec<csv::StringRecord> {
    let input = Input::new("products.csv", content);
    assert_ne!(input.check(&[]).unwrap().rejected, 0, "{content}");
    let rejects = input.rejects("products.csv.rejected.csv");
    let mut rejects = csv::ReaderBuilder::new().flexible(true).from_reader(rejects.as_bytes());
    rejects.records().collect::<Result<_, _>>().unwrap()
}

/// The reason for which the only row is rejected.
fn reason(content: &str) -> String {
    let rejects = rejected(content);
    assert_eq!(rejects.len(), 1, "{content}");
    rejects[0][1].to_owned()
}

fn broken(name: &str, content: impl AsRef<[u8]>) -> FileError {
    match Input::new(name, content).check(&[]) {
        Err(ImportError::File { source, .. }) => source,
        other => panic!("not refused as a whole: {other:?}"),
    }
}

#[test]
fn a_row_without_optional_values_gets_the_defaults() {
    let row = row(&format!("{HEADER}\n나이키 에어맥스,,189000,쿠팡,신발\n"));
    assert_eq!(
        (row.product.name.as_str(), row.product.image.as_str(), row.product.price),
        ("나이키 에어맥스", "", 189_000)
    );
    assert_eq!((row.product.mall.as_str(), row.product.category.as_str(), row.product.brand), ("쿠팡", "신발", None));
    assert_eq!((row.total, row.remaining, row.per_member_limit), (30, 30, None));
    assert_eq!((row.product.opens_at, row.product.closes_at), (OPENING, OPENING + 24 * HOUR));
}

#[test]
fn a_row_may_say_everything_under_either_name_and_in_any_order() {
    let row = row("closes_at,Category,opens_at,quantity,brand,mall,price,image,name,per_member_limit,colour\n\
         2026-11-25 09:00,신발,2026-11-24T09:00:00,7,나이키,쿠팡,1000,https://a.example/1.jpg,이름,2,검정\n");
    assert_eq!((row.product.opens_at, row.product.closes_at), (OPENING + 48 * HOUR, OPENING + 72 * HOUR));
    assert_eq!((row.total, row.remaining, row.per_member_limit), (7, 7, Some(2)));
    assert_eq!(row.product.brand.as_deref(), Some("나이키"));
}

#[test]
fn options_set_the_defaults() {
    let input = Input::new("products.csv", format!("{HEADER}\n이름,,1000,쿠팡,신발\n"));
    let options = ["--quantity", "100", "--hours", "2", "--opens-at", "2026-11-22T10:00"];
    let checked = input.check(&options).unwrap();
    let row = &checked.rows[0];
    assert_eq!((row.total, row.product.opens_at), (100, OPENING + HOUR));
    assert_eq!(row.product.closes_at, OPENING + 3 * HOUR);
}

#[test]
fn a_byte_order_mark_and_carriage_returns_are_accepted() {
    let row = row(&format!("\u{feff}{HEADER}\r\n\"이름, 둘\",,1000,쿠팡,신발\r\n"));
    assert_eq!((row.product.name.as_str(), row.product.category.as_str()), ("이름, 둘", "신발"));
}

#[test]
fn a_last_line_without_end_counts() {
    row(&format!("{HEADER}\n이름,,1000,쿠팡,신발"));
}

#[test]
fn prices_are_whole_won_in_plain_digits() {
    let price = |price: &str| reason(&format!("{HEADER}\n이름,,{price},쿠팡,신발\n"));
    for bad in ["\"1,000\"", "\"1,000원\"", "1000원", "1000.0", "1e3", "+5", "₩1000", "０", "무료", "0x10", "-"]
    {
        assert_eq!(price(bad), "price is not a whole number in plain digits, such as 1000", "{bad}");
    }
    assert_eq!(price("-5"), "price is negative");
    assert_eq!(price(""), "price is empty");
    for large in ["1000000000001", "9223372036854775808"] {
        assert_eq!(price(large), "price is not between 0 and 1000000000000");
    }
}

#[test]
fn names_are_neither_empty_nor_endless_nor_binary() {
    let name = |name: &str| reason(&format!("{HEADER}\n{name},,1000,쿠팡,신발\n"));
    assert_eq!(name(""), "product_name is empty");
    assert_eq!(name("   "), "product_name is empty");
    assert_eq!(name(&"가".repeat(10_000)), "product_name has 10000 characters, at most 500 are allowed");
    assert_eq!(name("이\0름"), "product_name holds the control character U+0000");
    assert_eq!(name("\"이\n름\""), "product_name holds the control character U+000A");
}

#[test]
fn other_fields_have_their_rules_too() {
    let of = |columns: &str, values: &str| reason(&format!("{HEADER}{columns}\n이름,{values}\n"));
    assert_eq!(
        of("", "javascript:alert(1),1,쿠팡,신발"),
        "product_image is not an address that begins with http:// or https://"
    );
    assert_eq!(of("", ",1,,신발"), "mall_name is empty");
    assert_eq!(of("", ",1,쿠팡,"), "category is empty");
    assert_eq!(of("", ",1,쿠팡,신발,extra"), "has 6 fields where the header has 5");
    assert_eq!(of(",quantity", ",1,쿠팡,신발,0"), "total_quantity is not between 1 and 1000000");
    assert_eq!(of(",per_member_limit", ",1,쿠팡,신발,-1"), "per_member_limit is negative");
    let not_a_time = "event_start_time is not a local time such as 2026-11-22T09:00 of a year from 2000 to 9000";
    for time in ["내일", "2026-13-01T09:00", "2026-11-22T09:00+09:00", "0001-01-01T00:00", "1795305600000"] {
        assert_eq!(of(",opens_at", &format!(",1,쿠팡,신발,{time}")), not_a_time, "{time}");
    }
    let times = ",1,쿠팡,신발,2026-11-22T09:00,2026-11-22T09:00";
    assert_eq!(of(",opens_at,closes_at", times), "the sale closes before it opens");
}

#[test]
fn bad_rows_are_set_apart_with_their_lines_and_good_rows_stay() {
    let input = Input::new(
        "products.csv",
        format!("{HEADER}\n하나,,1000,쿠팡,신발\n둘,,\"1,000원\",쿠팡,신발\n셋,,3000,쿠팡,신발\n넷,,-5,쿠팡,신발\n"),
    );
    let checked = input.check(&[]).unwrap();
    assert_eq!(checked.rows.iter().map(|row| row.product.name.as_str()).collect::<Vec<_>>(), ["하나", "셋"]);
    assert_eq!(
        input.rejects("products.csv.rejected.csv"),
        "line,reason,product_name,product_image,price,mall_name,category\n\
         3,\"price is not a whole number in plain digits, such as 1000\",둘,,\"1,000원\",쿠팡,신발\n\
         5,price is negative,넷,,-5,쿠팡,신발\n"
    );
}

#[test]
fn lines_are_counted_as_an_editor_does() {
    let lines = |content: &str| -> Vec<String> { rejected(content).iter().map(|row| row[0].to_owned()).collect() };
    for end in ["\n", "\r\n"] {
        let (good, bad) = (format!("이름,,1,쿠팡,신발{end}"), format!("이름,,-1,쿠팡,신발{end}"));
        assert_eq!(lines(&format!("{HEADER}{end}{bad}{good}{bad}")), ["2", "4"]);
        assert_eq!(lines(&format!("{end}{HEADER}{end}{bad}{end}{end}{bad}")), ["3", "6"]);
        assert_eq!(lines(&format!("{HEADER}{end}\"이{end}름\",,1,쿠팡,신발{end}{bad}")), ["2", "4"]);
        let open = format!("{HEADER}{end}{good}{end}\"이름,,1,쿠팡,신발{end}");
        assert!(matches!(broken("open.csv", open), FileError::Unterminated(4)));
    }
}

#[test]
fn a_corrected_reject_file_can_be_imported() {
    let input = Input::new("products.csv", format!("{HEADER}\n둘,,1000원,쿠팡,신발\n"));
    input.check(&[]).unwrap();
    let corrected = input.rejects("products.csv.rejected.csv").replace("1000원", "1000");
    assert_eq!(row(&corrected).product.price, 1000);
}

#[test]
fn a_file_without_bad_rows_has_no_reject_file() {
    let input = Input::new("products.csv", format!("{HEADER}\n이름,,1000,쿠팡,신발\n"));
    assert_eq!(input.check(&[]).unwrap().reject_file, None);
    assert_eq!(input.folder.path().read_dir().unwrap().count(), 1);
}

#[test]
fn the_reject_file_never_replaces_the_input() {
    let input = Input::new("products.csv", format!("{HEADER}\n이름,,-1,쿠팡,신발\n"));
    let path = input.path.to_str().unwrap();
    assert!(matches!(input.check(&["--reject", path]), Err(ImportError::RejectIsInput)));
    assert!(matches!(input.check(&["--reject", "/nonexistent/file"]), Err(ImportError::Reject { .. })));
}

#[test]
fn a_broken_file_loads_nothing_and_says_why() {
    let png = [b"\x89PNG\r\n\x1a\n".as_slice(), &[0; 100]].concat();
    assert!(matches!(broken("picture.csv", png), FileError::NotText(1)));
    assert!(matches!(broken("empty.csv", ""), FileError::Empty));
    assert!(matches!(broken("blank.csv", "\u{feff}\n \n"), FileError::Empty));
    assert_eq!(
        broken("no-mall.csv", "name,image,price,category\n이름,,1000,신발\n").to_string(),
        "has no column mall_name: its first line must name the columns"
    );
    assert!(matches!(broken("rows-only.csv", "이름,,1000,쿠팡,신발\n"), FileError::MissingColumn(_)));
    assert!(matches!(
        broken("twice.csv", format!("{HEADER},name\n이름,,1,쿠팡,신발,b\n")),
        FileError::RepeatedColumn(_)
    ));
    assert!(matches!(Input::new("a", "").check(&["--reject", "b"]), Err(ImportError::File { .. })));
}

#[test]
fn a_file_that_ends_within_a_quoted_field_is_broken() {
    let open = format!("{HEADER}\n하나,,1000,쿠팡,신발\n\"둘,,1000,쿠팡,신발\n셋,,1000,쿠팡,신발\n");
    assert!(matches!(broken("open.csv", open), FileError::Unterminated(3)));
    assert!(matches!(
        broken("open-header.csv", format!("\"{HEADER}\n")),
        FileError::MissingColumn(_) | FileError::Unterminated(_)
    ));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let command = Command::parse_from(["import", "/nonexistent/products.csv"]);
    let message = file::check(&command.args).unwrap_err().to_string();
    assert!(message.starts_with("/nonexistent/products.csv: cannot be read"), "{message}");
}

#[test]
fn ndjson_takes_texts_and_numbers_and_null_for_absent() {
    let input = Input::new(
        "products.ndjson",
        "\u{feff}{\"name\":\"하나\",\"image\":null,\"price\":1000,\"mall\":\"쿠팡\",\"category\":\"신발\",\"quantity\":null}\r\n\n\
         {\"product_name\":\"둘\",\"price\":\"2000\",\"mall_name\":\"쿠팡\",\"category\":\"신발\",\"total_quantity\":5,\"other\":{}}",
    );
    let rows = input.check(&[]).unwrap().rows;
    let read: Vec<_> = rows.iter().map(|row| (row.product.name.as_str(), row.product.price, row.total)).collect();
    assert_eq!(read, [("하나", 1000, 30), ("둘", 2000, 5)]);
}

#[test]
fn bad_ndjson_rows_are_set_apart_with_their_lines() {
    let good = r#"{"name":"이름","price":1000,"mall":"쿠팡","category":"신발"}"#;
    let bad = [
        (
            r#"{"name":"이름","price":1000.5,"mall":"쿠팡","category":"신발"}"#,
            "price is not a whole number in plain digits, such as 1000",
        ),
        (r#"{"name":"이름","price":-5,"mall":"쿠팡","category":"신발"}"#, "price is negative"),
        (
            r#"{"name":["이름"],"price":5,"mall":"쿠팡","category":"신발"}"#,
            "product_name is neither a text nor a number",
        ),
        (r#"{"name":"a","product_name":"b","price":5,"mall":"쿠팡","category":"신발"}"#, "product_name is given twice"),
        (
            r#"{"name":"이\u0000름","price":5,"mall":"쿠팡","category":"신발"}"#,
            "product_name holds the control character U+0000",
        ),
        (r#"[1,2]"#, "not a JSON object"),
        (r#"{"name":"#, "not a JSON object"),
    ];
    let lines = bad.map(|(line, _)| line).join("\n");
    let input = Input::new("products.jsonl", format!("{good}\n{lines}\n{good}\n"));
    let checked = input.check(&[]).unwrap();
    assert_eq!((checked.rows.len(), checked.rejected), (2, bad.len()));
    let rejects = input.rejects("products.jsonl.rejected.ndjson");
    for ((number, (_, reason)), line) in (2..).zip(bad).zip(rejects.lines()) {
        let reject: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!((reject["line"].as_i64(), reject["reason"].as_str()), (Some(number), Some(reason)));
    }
}

#[test]
fn a_broken_ndjson_file_loads_nothing() {
    let good = r#"{"name":"이름","price":1000,"mall":"쿠팡","category":"신발"}"#;
    assert!(matches!(broken("csv.ndjson", format!("{HEADER}\n이름,,1000,쿠팡,신발\n")), FileError::NotJson(1)));
    assert!(matches!(broken("cut.ndjson", format!("{good}\n{}", &good[..30])), FileError::Unterminated(2)));
}
