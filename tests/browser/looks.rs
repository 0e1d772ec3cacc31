//! What pages are to everybody: readable for screen readers, usable from a keyboard, light.

use sqlx::MySqlPool;
use thirtyfour::prelude::*;

use crate::{
    driver::{Browser, Kind},
    shop::{open, shopper},
};

const PAGES: [&str; 9] = [
    "/openrun/main",
    "/openrun/total",
    "/openrun/total?keyword=ㄴㅇㅋ&category=신발&lprice=x",
    "/openrun/total?keyword=%3F%3F",
    "/openrun/page/or",
    "/openrun/detail/1",
    "/openrun/login?next=/openrun/mypage",
    "/openrun/signup",
    "/nowhere",
];

#[sqlx::test]
async fn axe_finds_nothing_serious_on_any_page(db: MySqlPool) {
    let app = open(db, 60).await;
    for kind in [Kind::KOREAN, Kind::PHONE] {
        let browser = Browser::open(app.address(), kind).await;
        for dark in [false, true] {
            browser.prefer_dark(dark).await;
            for page in PAGES {
                browser.go(page).await;
                browser.check_accessibility().await;
            }
        }
        browser.close().await;
    }
}

#[sqlx::test]
async fn axe_finds_nothing_serious_where_a_member_is(db: MySqlPool) {
    let app = open(db, 60).await;
    let browser = shopper(&app, Kind::PHONE, "kim@example.com", "/openrun/detail/1").await;
    browser.click("#wish button").await;
    browser.find("#wish[action$=unwish]").await;
    browser.click("#buy-button:enabled").await;
    browser.see("구매했습니다").await;
    browser.check_accessibility().await;
    browser.go("/openrun/mypage").await;
    browser.check_accessibility().await;
    browser.close().await;
}

#[sqlx::test]
async fn filters_are_folded_on_a_phone_and_stay_as_they_were_put(db: MySqlPool) {
    let app = open(db, 60).await;
    let browser = Browser::open(app.address(), Kind::PHONE).await;
    browser.go("/openrun/total").await;
    let unfolded = async || browser.script("return document.querySelector('.fold').open").await;
    assert_eq!(unfolded().await, false);
    browser.click(".fold summary").await;
    browser.click("#order option[value=cheapest]").await;
    browser.arrive("/openrun/total?keyword=").await;
    browser.see("1,000원").await;
    assert_eq!(unfolded().await, true);
    browser.go("/openrun/total?lprice=x").await;
    browser.see("가격은 정수로 입력해 주세요.").await;
    browser.close().await;
}

#[sqlx::test]
async fn a_keyboard_is_enough(db: MySqlPool) {
    let app = open(db, 60).await;
    let browser = Browser::open(app.address(), Kind::KOREAN).await;
    browser.go("/openrun/main").await;
    let typed = async |keys: &str| browser.driver.active_element().await.unwrap().send_keys(keys).await.unwrap();
    let press = async |key: Key| browser.driver.active_element().await.unwrap().send_keys(key + "").await.unwrap();
    // The first stop leads past the menu.
    press(Key::Tab).await;
    assert_eq!(browser.script("return document.activeElement.className").await, "skip");
    // The search box, its suggestions and the list that they lead to.
    press(Key::Tab).await;
    press(Key::Tab).await;
    assert_eq!(browser.script("return document.activeElement.id").await, "keyword");
    typed("구찌").await;
    browser.find("#suggestions:not([hidden]) [role=option]").await;
    press(Key::Down).await;
    browser.find("#suggestions [aria-selected=true]").await;
    press(Key::Enter).await;
    browser.arrive("/openrun/total?keyword=").await;
    browser.see("상품 20개").await;
    browser.close().await;
}

#[sqlx::test]
async fn a_page_is_below_60_kilobytes_and_comes_in_one_round_trip(db: MySqlPool) {
    let app = open(db, 60).await;
    let browser = Browser::open(app.address(), Kind::KOREAN).await;
    for page in ["/openrun/main", "/openrun/total", "/openrun/detail/1"] {
        browser.go(page).await;
        let weight = browser
            .script(
                "return performance.getEntriesByType('navigation')
                    .concat(performance.getEntriesByType('resource').filter((e) => !/picture/.test(e.name)))
                    .reduce((sum, entry) => sum + entry.encodedBodySize, 0)",
            )
            .await;
        println!("{page}: {weight} bytes without pictures");
        assert!(weight.as_f64().unwrap() < 60_000.0, "{page}: {weight}");
        // Nothing is loaded that the page itself does not name.
        let foreign = browser
            .script(
                "return performance.getEntriesByType('resource').filter((e) => !e.name.startsWith(location.origin)).length",
            )
            .await;
        assert_eq!(foreign, 0, "{page}");
    }
    browser.close().await;
}
