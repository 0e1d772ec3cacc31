//! What shoppers come for.

use sqlx::MySqlPool;

use crate::{
    driver::{Browser, Kind},
    shop::{CLOSES, OPENS, PASSWORD, now, open, open_with, shopper, sign_up, turn},
    support::{Setup, rows::sell, until},
};

async fn confirmed(db: &MySqlPool) -> i64 {
    sqlx::query_scalar("SELECT CAST(COALESCE(SUM(quantity), 0) AS SIGNED) FROM orders WHERE status = 'CONFIRMED'")
        .fetch_one(db)
        .await
        .unwrap()
}

#[sqlx::test]
async fn a_shopper_searches_wishes_waits_for_the_opening_buys_cancels_and_leaves(db: MySqlPool) {
    let app = open(db.clone(), 100).await;
    let browser = shopper(&app, Kind::KOREAN, "kim@example.com", "/openrun/main").await;

    browser.go("/openrun/main").await;
    browser.see("오늘 열리는 인기 상품").await;
    browser.fill("#keyword", "ㄴㅇㅋ").await;
    browser.click("#suggestions [role=option] a").await;
    browser.arrive("/openrun/total?keyword=").await;
    assert_eq!(browser.text("#total").await, "상품 100개");

    // Filters and pages change the list in place, and the address with it.
    browser.script("window.stayed = true").await;
    browser.click("#order option[value=cheapest]").await;
    browser.arrive("/openrun/total?keyword=%EB%82%98%EC%9D%B4%ED%82%A4").await;
    browser.see("1,000원").await;
    browser.click(".pager a[rel=next]").await;
    browser.see("48,000원").await;
    browser.fill("#jump", "3").await;
    browser.click(".jump button").await;
    browser.see("72,000원").await;
    assert!(browser.address().await.contains("page=3"));
    assert_eq!(browser.script("return window.stayed").await, true);
    browser.driver.back().await.unwrap();
    browser.see("48,000원").await;
    browser.driver.forward().await.unwrap();
    browser.see("72,000원").await;

    browser.go("/openrun/total?keyword=나이키&order=cheapest").await;
    turn(&db, 7, OPENS, 8).await;
    app.set_now(now(&db).await);
    browser.click("a.card[href$='/7']").await;
    browser.arrive("/openrun/detail/7").await;
    browser.click("#wish button").await;
    browser.find("#wish[action$=unwish]").await;
    browser.see("찜 1").await;

    // The server's clock stands still: only the countdown can open the form.
    assert!(browser.text("#countdown time").await.starts_with("00:00:0"));
    browser.find("#buy-button:enabled").await;
    app.set_now(now(&db).await);
    browser.fill("#count", "2").await;
    browser.click("#buy-button:enabled").await;
    browser.see("구매했습니다: 2개, 모두 14,000원.").await;
    browser.see("30개 중 28개 남음").await;
    browser.click("#outcome a").await;
    browser.arrive("/openrun/mypage").await;
    browser.driver.back().await.unwrap();
    browser.arrive("/openrun/detail/7").await;
    browser.driver.refresh().await.unwrap();
    browser.see("30개 중 28개 남음").await;
    assert_eq!(confirmed(&db).await, 2);

    browser.go("/openrun/mypage").await;
    browser.arrive("/openrun/mypage").await;
    browser.see("구매 완료").await;
    assert_eq!(browser.count("#wishes .cards li").await, 1);
    browser.click("#purchases summary").await;
    browser.click("#purchases form button").await;
    browser.see("구매를 취소했습니다.").await;
    browser.see("아직 구매한 상품이 없습니다.").await;
    assert_eq!(confirmed(&db).await, 0);
    browser.click("#wishes form button").await;
    browser.see("아직 찜한 상품이 없습니다.").await;

    browser.click("header form[action='/openrun/logout'] button").await;
    browser.find("header a[href='/openrun/login']").await;
    browser.go("/openrun/mypage").await;
    browser.arrive("/openrun/login").await;
    browser.fill("#email", "kim@example.com").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("main form button").await;
    browser.arrive("/openrun/mypage").await;
    browser.close().await;
}

#[sqlx::test]
async fn everything_works_without_scripts(db: MySqlPool) {
    let app = open(db.clone(), 100).await;
    let browser = shopper(&app, Kind::WITHOUT_SCRIPTS, "kim@example.com", "/openrun/main").await;
    browser.go("/openrun/total?order=cheapest").await;
    browser.click(".pager a:nth-last-of-type(2)").await;
    browser.arrive("/openrun/total?order=cheapest&page=5").await;
    browser.see("100,000원").await;
    browser.fill("#keyword", "구찌 가방").await;
    browser.click("#search button").await;
    browser.see("상품 33개").await;
    browser.click("#order option[value=dearest]").await;
    browser.fill("#gprice", "60,000").await;
    browser.click(".buttons button").await;
    browser.see("상품 20개").await;
    assert_eq!(browser.text(".cards li:first-child .price").await, "60,000원");
    browser.click(".cards li:first-child a").await;
    browser.arrive("/openrun/detail/60").await;
    browser.click("#wish button").await;
    browser.find("#wish[action$=unwish]").await;
    browser.click("#buy-button:enabled").await;
    browser.see("구매했습니다: 1개, 모두 60,000원.").await;
    assert!(browser.address().await.contains("?order="));
    browser.driver.refresh().await.unwrap();
    browser.see("구매했습니다: 1개").await;
    assert_eq!(confirmed(&db).await, 1);
    browser.go("/openrun/mypage").await;
    browser.click("#purchases summary").await;
    browser.click("#purchases form button").await;
    browser.see("구매를 취소했습니다.").await;
    assert_eq!(confirmed(&db).await, 0);
    browser.close().await;
}

#[sqlx::test]
async fn the_shop_speaks_english_to_those_who_do(db: MySqlPool) {
    let app = open(db.clone(), 30).await;
    let browser = shopper(&app, Kind::ENGLISH, "kim@example.com", "/openrun/main").await;
    browser.see("Most wished of today's sales").await;
    browser.go("/openrun/detail/2").await;
    browser.click("#buy-button:enabled").await;
    browser.see("Bought: 1 for ₩2,000 in all.").await;
    browser.click("nav a[hreflang=ko]").await;
    browser.see("구매하기").await;
    assert!(browser.address().await.starts_with("/openrun/detail/2"));
    browser.go("/openrun/total").await;
    browser.see("모든 분류").await;
    browser.close().await;
}

#[sqlx::test]
async fn the_last_unit_goes_to_one_of_two(db: MySqlPool) {
    let app = open(db.clone(), 3).await;
    sell(&db, 1, 29).await;
    let one = shopper(&app, Kind::KOREAN, "one@example.com", "/openrun/detail/1").await;
    let two = shopper(&app, Kind::KOREAN, "two@example.com", "/openrun/detail/1").await;
    let (buy, other) = (one.find("#buy-button:enabled").await, two.find("#buy-button:enabled").await);
    let (first, second) = tokio::join!(buy.click(), other.click());
    first.unwrap();
    second.unwrap();
    let mut told = Vec::new();
    for browser in [&one, &two] {
        told.push(browser.text("#outcome > div").await);
    }
    told.sort();
    assert!(told[0].starts_with("구매했습니다: 1개") && told[1].contains("남은 수량이"), "{told:?}");
    for browser in [&one, &two] {
        browser.see("품절").await;
        browser.find("#buy-button:disabled").await;
    }
    assert_eq!(confirmed(&db).await, 1);
    one.close().await;
    two.close().await;
}

#[sqlx::test]
async fn a_double_click_is_one_order(db: MySqlPool) {
    let app = open(db.clone(), 3).await;
    let browser = shopper(&app, Kind::KOREAN, "kim@example.com", "/openrun/detail/1").await;
    browser.find("#buy-button:enabled").await;
    browser
        .script("const button = document.getElementById('buy-button'); button.click(); button.click(); button.click()")
        .await;
    browser.see("구매했습니다: 1개").await;
    assert_eq!(confirmed(&db).await, 1);
    // The same form once more, as a browser sends it that has gone back.
    browser.go("/openrun/detail/1").await;
    let key = browser.find("#buy input[name=key]").await.value().await.unwrap().unwrap();
    browser.click("#buy-button:enabled").await;
    browser.see("구매했습니다: 1개").await;
    browser.script(&format!("document.querySelector('#buy input[name=key]').value = '{key}'")).await;
    browser.click("#buy-button:enabled").await;
    browser.see("구매했습니다: 1개").await;
    assert_eq!(confirmed(&db).await, 2);
    browser.close().await;
}

/// The second click comes when the answer to the first is there already.
#[sqlx::test]
async fn a_slow_double_click_is_one_order(db: MySqlPool) {
    let app = open(db.clone(), 3).await;
    let browser = shopper(&app, Kind::KOREAN, "kim@example.com", "/openrun/detail/1").await;
    browser.find("#buy-button:enabled").await;
    browser
        .script(
            "document.addEventListener('htmx:after:swap', () => document.getElementById('buy-button').click(), { once: true }); \
             document.getElementById('buy-button').click()",
        )
        .await;
    browser.see("구매했습니다: 1개").await;
    browser.find("#buy-button:enabled").await;
    assert_eq!(confirmed(&db).await, 1);
    browser.close().await;
}

#[sqlx::test]
async fn when_the_shop_does_not_answer_the_page_says_so_and_keeps_what_it_has(db: MySqlPool) {
    let app = open(db.clone(), 3).await;
    let browser = shopper(&app, Kind::KOREAN, "kim@example.com", "/openrun/detail/1").await;
    browser.fill("#count", "2").await;
    let key = async || browser.find("#buy input[name=key]").await.value().await.unwrap();
    let before = key().await;
    browser.offline(true).await;
    browser.click("#buy-button:enabled").await;
    browser.see("응답이 없습니다.").await;
    browser.offline(false).await;
    // A product that cannot be shown any more is a failure without a form: the one that is there stays.
    sqlx::query("RENAME TABLE stock TO elsewhere").execute(&db).await.unwrap();
    browser.click("#buy-button:enabled").await;
    browser.find("#notice .fault").await;
    browser.gone("#notice .fault + *").await;
    sqlx::query("RENAME TABLE elsewhere TO stock").execute(&db).await.unwrap();
    assert_eq!((key().await, browser.find("#count").await.value().await.unwrap().as_deref()), (before, Some("2")));
    // However often it is sent, until the shop can tell. One script looks and clicks: what is clicked after the answer is another order.
    let insist = "if (document.querySelector('#outcome .good')) return true;
                  document.getElementById('buy-button').click();
                  return false";
    until(async || browser.script(insist).await == true).await;
    browser.see("구매했습니다: 2개").await;
    assert_eq!((browser.count("#notice > *").await, confirmed(&db).await), (0, 2));
    browser.close().await;
}

#[sqlx::test]
async fn what_became_of_an_order_is_still_there_after_a_reload(db: MySqlPool) {
    let app = open(db.clone(), 3).await;
    let browser = shopper(&app, Kind::KOREAN, "kim@example.com", "/openrun/detail/1").await;
    browser.script("window.stayed = true").await;
    browser.fill("#count", "2").await;
    browser.click("#buy-button:enabled").await;
    browser.see("구매했습니다: 2개").await;
    assert_eq!(browser.script("return window.stayed").await, true);
    browser.driver.refresh().await.unwrap();
    browser.see("구매했습니다: 2개").await;
    // A refusal replaces what was told before, here and after a reload.
    browser.fill("#count", "29").await;
    browser.click("#buy-button:enabled").await;
    browser.see("남은 수량이 주문한 수량보다 적습니다.").await;
    browser.driver.refresh().await.unwrap();
    browser.gone("#outcome > *").await;
    assert_eq!(confirmed(&db).await, 2);
    browser.close().await;
}

#[sqlx::test]
async fn an_order_that_mysql_keeps_waiting_is_told_in_place_once_it_is_decided(db: MySqlPool) {
    let app = open(db.clone(), 3).await;
    let browser = shopper(&app, Kind::KOREAN, "kim@example.com", "/openrun/detail/1").await;
    browser.click("#buy-button:enabled").await;
    browser.see("구매했습니다: 1개").await;
    browser.script("window.stayed = true").await;
    let mut lock = db.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM stock WHERE product_id = 1 FOR UPDATE").fetch_one(&mut *lock).await.unwrap();
    browser.fill("#count", "2").await;
    browser.click("#buy-button:enabled").await;
    browser.see("주문을 처리하고 있습니다").await;
    lock.rollback().await.unwrap();
    browser.see("구매했습니다: 2개").await;
    assert_eq!(browser.script("return window.stayed").await, true);
    assert_eq!(confirmed(&db).await, 3);
    browser.close().await;
}

#[sqlx::test]
async fn a_session_that_ends_in_the_middle_of_a_purchase_is_taken_up_again(db: MySqlPool) {
    let app = open(db.clone(), 3).await;
    let browser = shopper(&app, Kind::KOREAN, "kim@example.com", "/openrun/detail/1").await;
    browser.fill("#count", "3").await;
    browser.driver.delete_all_cookies().await.unwrap();
    browser.click("#buy-button:enabled").await;
    browser.arrive("/openrun/login").await;
    browser.see("로그인이 필요합니다.").await;
    browser.fill("#email", "kim@example.com").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("main form button").await;
    browser.arrive("/openrun/detail/1?count=3").await;
    assert_eq!(browser.find("#count").await.value().await.unwrap().as_deref(), Some("3"));
    browser.click("#buy-button:enabled").await;
    browser.see("구매했습니다: 3개").await;
    assert_eq!(confirmed(&db).await, 3);
    browser.close().await;
}

#[sqlx::test]
async fn a_sale_that_sells_out_closes_or_vanishes_is_seen_without_reloading(db: MySqlPool) {
    let app = open(db.clone(), 3).await;
    let browser = shopper(&app, Kind::KOREAN, "kim@example.com", "/openrun/detail/1").await;
    browser.find("#buy-button:enabled").await;
    sell(&db, 1, 29).await;
    browser.see("30개 중 1개 남음").await;
    sell(&db, 1, 1).await;
    browser.see("품절").await;
    browser.find("#buy-button:disabled").await;
    sell(&db, 1, -5).await;
    browser.see("30개 중 5개 남음").await;
    browser.find("#buy-button:enabled").await;
    turn(&db, 1, CLOSES, -60).await;
    browser.see("판매 종료").await;
    browser.find("#buy-button:disabled").await;
    // Who asks all the same is told why not.
    browser.script("document.getElementById('buy-button').disabled = false").await;
    browser.click("#buy-button:enabled").await;
    browser.see("판매가 끝났습니다.").await;
    browser.go("/openrun/detail/2").await;
    browser.find("#buy-button:enabled").await;
    sqlx::query("DELETE FROM stock WHERE product_id = 2").execute(&db).await.unwrap();
    browser.find("#buy-button:disabled").await;
    assert_eq!(confirmed(&db).await, 0);
    browser.close().await;
}

#[sqlx::test]
async fn a_stream_that_is_refused_is_asked_for_again(db: MySqlPool) {
    let app = open_with(Setup { event_streams: 1, ..Setup::with_services(db.clone()) }, 3).await;
    let (one, another) =
        (Browser::open(app.address(), Kind::KOREAN).await, Browser::open(app.address(), Kind::KOREAN).await);
    one.go("/openrun/detail/1").await;
    until(async || app.app.sales.browsers() == 1).await;
    another.go("/openrun/detail/1").await;
    one.close().await;
    sell(&db, 1, 1).await;
    another.see("30개 중 29개 남음").await;
    another.close().await;
}

#[sqlx::test]
async fn a_stream_that_was_cut_goes_on(db: MySqlPool) {
    let app = open(db.clone(), 3).await;
    let browser = Browser::open(app.address(), Kind::KOREAN).await;
    browser.go("/openrun/detail/1").await;
    sell(&db, 1, 1).await;
    browser.see("30개 중 29개 남음").await;
    // Without a network the stream breaks, and with one it comes back by itself.
    browser.offline(true).await;
    sell(&db, 1, 1).await;
    browser.offline(false).await;
    browser.see("30개 중 28개 남음").await;
    browser.close().await;
}

#[sqlx::test]
async fn what_is_typed_wrong_is_told_and_kept(db: MySqlPool) {
    let app = open(db.clone(), 30).await;
    let browser = Browser::open(app.address(), Kind::WITHOUT_SCRIPTS).await;
    sign_up(&browser, "kim@example.com", "/openrun/main").await;
    browser.go("/openrun/total?keyword=나이키&lprice=abc&page=0").await;
    browser.see("가격은 정수로 입력해 주세요.").await;
    browser.see("쪽 번호는 1 이상의 정수로 입력해 주세요.").await;
    assert_eq!(browser.find("#lprice").await.value().await.unwrap().as_deref(), Some("abc"));
    assert_eq!(browser.find("#keyword").await.value().await.unwrap().as_deref(), Some("나이키"));
    browser.go("/openrun/total?page=99").await;
    browser.see("이 목록은 2쪽까지 있습니다.").await;
    browser.go("/openrun/total?keyword=없는말뿐인검색 나이키").await;
    browser.see("조건에 맞는 상품이 없습니다.").await;
    browser.click(".empty a").await;
    browser.see("상품 20개").await;
    browser.go("/openrun/detail/999").await;
    browser.see("찾으시는 것이 없습니다.").await;
    browser.go("/nowhere").await;
    browser.see("찾으시는 것이 없습니다.").await;
    browser.close().await;
}
