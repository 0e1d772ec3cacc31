//! Keywords by example: what each finds, and how it is read.

use openrace_index::{Catalog, Correction, CorrectionKind, Order, Page, PopularQueries, Product, ProductQuery, Start};
use tempfile::TempDir;

use crate::build;
use crate::support::{NOW, product};

pub(crate) const HARD_CASES: [(i64, &str); 16] = [
    (1, "[무료배송]나이키 에어맥스 97 운동화"),
    (2, "나이키 에어 맥스 95"),
    (3, "NIKE Air Max 97"),
    (4, "[신상]뉴발란스 운동화"),
    (5, "경량패딩조끼"),
    (6, "지샥 GA-2100 시계"),
    (7, "애플 에어팟 프로"),
    (8, "삼성전자 갤럭시북3 노트북"),
    (9, "갤럭시북4"),
    (10, "보테가 베네타 가방"),
    (11, "[정품]마뗑킴 로고 티셔츠"),
    (12, "나이트 크림"),
    (13, "팟타이 소스"),
    (14, "애플 에어팟 맥스"),
    (15, "44사이즈비키니"),
    (16, "보테가 방수팩"),
];

pub(crate) fn hard_cases() -> (TempDir, Catalog) {
    let mut products: Vec<Product> = HARD_CASES.iter().map(|&(id, name)| product(id, name)).collect();
    products[2].mall = "나이키공식몰".into();
    for shoes in [0, 1, 2] {
        products[shoes].category = "신발".into();
    }
    build(&products, 1)
}

fn ids(catalog: &Catalog, keyword: &str) -> Vec<i64> {
    let query = ProductQuery { keyword: Some(keyword.into()), ..ProductQuery::default() };
    let page = catalog.search(&query, &Start::Offset(0), 100, NOW).unwrap();
    assert_eq!(page.total as usize, page.cards.len());
    let mut ids: Vec<i64> = page.cards.into_iter().map(|card| card.id).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn hard_cases_are_answered_as_written() {
    let (_folder, catalog) = hard_cases();
    let answers: &[(&str, &[i64])] = &[
        ("에어맥스", &[1, 2, 3]),
        ("에어 맥스", &[1, 2, 3]),
        ("에 어맥스", &[1, 2, 3]),
        ("운동화 나이키", &[1]),
        ("나이키  97 운동화", &[1]),
        ("나이키", &[1, 2, 3]),
        ("nike", &[1, 2, 3]),
        ("ＮＩＫＥ", &[1, 2, 3]),
        ("skdlzl", &[1, 2, 3]),
        ("SKDLZL", &[1, 2, 3]),
        ("ㄴㅇㅋ", &[1, 2, 3]),
        ("나ㅇㅋ", &[1, 2, 3]),
        ("ㄴㅇㅋ ㅇㅇㅁㅅ", &[1, 2, 3]),
        ("나이카", &[1, 2, 3]),
        ("니이키", &[1, 2, 3]),
        ("에어멕스", &[1, 2, 3]),
        ("에어맥스 97", &[1, 3]),
        ("skdlzl97", &[1, 3]),
        ("ㅎㅁ-2100", &[6]),
        ("나잌", &[1, 2, 3]),
        ("에어맧", &[1, 2, 3]),
        ("갤럭시북5", &[]),
        ("갤럭시북3", &[8]),
        ("ga2100", &[6]),
        ("GA-2100", &[6]),
        ("ga 2100", &[6]),
        ("ＧＡ－２１００", &[6]),
        ("GA-21", &[6]),
        ("에어팟", &[7, 14]),
        ("나이트", &[12]),
        ("시게", &[6]),
        ("나이키nikee", &[1, 2, 3]),
        ("치", &[]),
        ("가방", &[10]),
        ("44사이즈", &[15]),
        ("패딩", &[5]),
        ("조끼", &[5]),
        ("경량 조끼", &[5]),
        ("나이키 신발", &[1, 2, 3]),
        ("티", &[11]),
        ("삼성노트북", &[8]),
        ("삼성 노트북", &[8]),
        ("배송나이키", &[]),
        ("나이키 없는말", &[]),
        ("97", &[1, 3]),
        ("+나이키* \"()@~-<>", &[1, 2, 3]),
        ("C#", &[]),
        ("%", &[]),
        ("\\", &[]),
        ("", &[]),
        ("😀", &[]),
    ];
    for (keyword, expected) in answers {
        assert_eq!(ids(&catalog, keyword), *expected, "{keyword}");
    }
}

/// What was typed comes first, what only means the same after it.
#[test]
fn the_word_as_typed_beats_its_synonym_and_exact_leaves_that_out() {
    let (_folder, catalog) = hard_cases();
    let list = |exact| {
        let (keyword, order) = (Some("에어맥스".into()), Order::RELEVANCE);
        let query = ProductQuery { keyword, exact, order, ..ProductQuery::default() };
        catalog.search(&query, &Start::Offset(0), 10, NOW).unwrap()
    };
    let listed = |page: &Page| page.cards.iter().map(|card| card.id).collect::<Vec<_>>();
    assert_eq!(listed(&list(false)), [2, 1, 3]);
    assert_eq!(listed(&list(true)), [2, 1]);
    assert!(list(true).corrections.is_empty());
}

#[test]
fn an_answer_says_how_its_keyword_was_changed() {
    let (_folder, catalog) = hard_cases();
    use CorrectionKind::{Chosung, Completion, Layout, Synonym, Typo};
    type Told<'a> = (CorrectionKind, &'a str, &'a str);
    let cases: [(&str, &[Told<'_>]); 10] = [
        ("운동화", &[]),
        ("나이트", &[]),
        ("nike", &[(Synonym, "nike", "나이키")]),
        ("skdlzl", &[(Layout, "skdlzl", "나이키")]),
        ("ㅜㅑㅏㄷ", &[(Layout, "ㅜㅑㅏㄷ", "nike")]),
        ("ㄴㅇㅋ 운동화", &[(Chosung, "ㄴㅇㅋ", "나이키")]),
        ("갤럭시ㅂ", &[(Completion, "갤럭시ㅂ", "갤럭시북3")]),
        ("나이카 운동화", &[(Typo, "나이카", "나이키")]),
        ("나이키 없는말", &[(Synonym, "나이키", "nike")]),
        ("나이카 & 운동화", &[(Typo, "나이카", "나이키")]),
    ];
    for (keyword, expected) in cases {
        let corrections = catalog.meaning(keyword, false).unwrap().corrections.clone();
        let told: Vec<_> = corrections.iter().map(|told| (told.kind, &*told.from, &*told.to)).collect();
        assert_eq!(told, expected, "{keyword}");
        assert!(catalog.meaning(keyword, true).unwrap().corrections.is_empty());
    }
}

#[test]
fn of_words_that_never_come_together_the_rarer_was_a_slip() {
    let names = ["보테가 가방", "보테가 지갑", "보테거 크림"];
    let products: Vec<Product> = (1..).zip(names).map(|(id, name)| product(id, name)).collect();
    let (_folder, catalog) = build(&products, 1);
    let corrections = |keyword: &str| catalog.meaning(keyword, false).unwrap().corrections.clone();
    let slip = |from: &str, to: &str| Correction { kind: CorrectionKind::Typo, from: from.into(), to: to.into() };
    assert_eq!(corrections("보테거 가방"), [slip("보테거", "보테가")]);
    assert_eq!((corrections("보테거 크림"), corrections("보테가 크림")), (vec![], vec![]));
}

#[test]
fn another_layout_is_meant_only_if_it_is_found_with_the_rest() {
    let (_folder, catalog) = build(&[product(1, "보드 skate"), product(2, "남 셔츠")], 1);
    assert_eq!(ids(&catalog, "보드 ska"), [1]);
    assert_eq!(ids(&catalog, "ska"), [2]);
}

#[test]
fn no_keystroke_on_the_way_to_a_word_is_without_a_suggestion() {
    let (_folder, catalog) = hard_cases();
    let popular = PopularQueries::new([("나이키 운동화", 7)]);
    let suggest = |typed: &str| {
        let suggestions = catalog.suggest(typed, &popular, 10).unwrap();
        suggestions.into_iter().map(|suggestion| suggestion.text).collect::<Vec<_>>()
    };
    let chains: [(&str, &[&str]); 6] = [
        ("나이키", &["ㄴ", "나", "낭", "나이", "나잌", "나이키", "skd", "ㄴㅇ", "ㄴㅇㅋ", "나이카"]),
        ("에어맥스", &["ㅇ", "에", "에어", "에엄", "에어매", "에어맥", "에어맧", "에어맥스", "맥스", "dpdj"]),
        ("가방", &["ㄱ", "가", "갑", "가바", "가방"]),
        ("nike", &["n", "ni", "nik", "ㅜㅑ"]),
        ("나이키 운동화", &["나이키 ㅇ", "나이키 우", "나이키 운", "나이키 운동", "나이키 운동ㅎ", "나"]),
        ("지샥", &["지", "짓", "지샤", "지샥"]),
    ];
    for (word, chain) in chains {
        for typed in chain {
            assert!(suggest(typed).iter().any(|suggestion| suggestion == word), "{typed}: {:?}", suggest(typed));
        }
    }
    assert_eq!(suggest("나이키 노트"), Vec::<String>::new(), "no product has both");
    assert_eq!(suggest("애플 에"), ["애플 에어팟", "애플 에어"], "no product of 애플 has 에어맥스");
    let all = suggest("ㅇ");
    for most in 0..=all.len() {
        let suggestions = catalog.suggest("ㅇ", &popular, most).unwrap();
        assert_eq!(suggestions.into_iter().map(|suggestion| suggestion.text).collect::<Vec<_>>(), all[..most]);
    }
    assert_eq!(suggest(" "), Vec::<String>::new());
}

#[test]
fn a_keyword_that_finds_nothing_is_told_what_its_parts_would_find() {
    let (_folder, catalog) = hard_cases();
    assert_eq!(catalog.offers("나이키 없는말").unwrap(), [("나이키".to_owned(), 3)]);
    assert_eq!(catalog.offers("나이키 노트북").unwrap(), [("나이키".to_owned(), 3), ("노트북".to_owned(), 1)]);
    assert_eq!(catalog.offers("없는말").unwrap(), []);
    let offers = |keyword: &str, exact| {
        let query = ProductQuery { keyword: Some(keyword.into()), exact, ..ProductQuery::default() };
        catalog.search(&query, &Start::Offset(0), 1, NOW).unwrap().offers.len()
    };
    assert_eq!(
        [offers("나이키 없는말", false), offers("나이키 없는말", true), offers("나이키 운동화", false)],
        [1, 0, 0]
    );
}

/// How rare a code may be beside its parts, so that `갤럭시 3` does not only find what is called 갤럭시3.
#[test]
fn letters_and_digits_typed_apart_are_a_code_when_that_is_a_fifth_as_common_as_its_rarer_part() {
    for (apart, is_code) in [(3, true), (4, true), (5, false), (6, false)] {
        let names = ["지샥 GA-2100".to_owned()].into_iter().chain((0..apart).map(|_| "지샥 2100 시계 GA".to_owned()));
        let products: Vec<Product> = (1..).zip(names).map(|(id, name)| product(id, &name)).collect();
        let (_folder, catalog) = build(&products, 1);
        let found = if is_code { 1 } else { products.len() };
        assert_eq!(ids(&catalog, "ga 2100").len(), found, "beside {apart}");
    }
}

/// Independent of how a keyword is cut: whatever the cut, spaces between known words must not change the answer.
#[test]
fn spaces_between_known_words_change_nothing() {
    let (_folder, catalog) = hard_cases();
    let words = [
        "나이키",
        "에어맥스",
        "운동화",
        "신발",
        "지샥",
        "시계",
        "애플",
        "에어팟",
        "노트북",
        "보테가",
        "가방",
        "티셔츠",
    ];
    for first in words {
        for second in words {
            let apart = ids(&catalog, &format!("{first} {second}"));
            for spelling in [format!("{first}{second}"), format!("{first}-{second}"), format!(" {first}   {second} ")] {
                assert_eq!(ids(&catalog, &spelling), apart, "{spelling}");
            }
            let letters: Vec<String> = format!("{first}{second}").chars().map(String::from).collect();
            assert_eq!(
                ids(&catalog, &format!("{} {}", letters[..2].concat(), letters[2..].concat())),
                apart,
                "{letters:?}"
            );
        }
    }
}

#[test]
fn a_name_that_starts_with_the_brand_comes_before_newer_mentions() {
    let names =
        ["나이키 운동화", "[무료배송] 나이키 가방", "아디다스 나이키 비교", "나이키 나이키 나이키", "신발끈 나이키용"];
    let products: Vec<Product> = (1..).zip(names).map(|(id, name)| product(id, name)).collect();
    let (_folder, catalog) = build(&products, 1);
    let query = ProductQuery { keyword: Some("나이키".into()), order: Order::RELEVANCE, ..ProductQuery::default() };
    let page = catalog.search(&query, &Start::Offset(0), 10, NOW).unwrap();
    let ids: Vec<i64> = page.cards.iter().map(|card| card.id).collect();
    assert_eq!(ids, [4, 2, 1, 5, 3]);
}
