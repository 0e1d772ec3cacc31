use openrace_index::Product;

use crate::support::{
    NOON, TestApp,
    index::{HOUR, product},
};

#[tokio::test]
async fn a_status_changes_at_the_very_millisecond_and_without_a_rebuild() {
    let sale = Product { opens_at: NOON, closes_at: NOON + HOUR, ..product(1) };
    let app = TestApp::with_products(&[sale]).await;
    for (now, status) in
        [(NOON - 1, "WAITING"), (NOON, "OPEN"), (NOON + 1, "OPEN"), (NOON + HOUR - 1, "OPEN"), (NOON + HOUR, "CLOSE")]
    {
        app.set_now(now);
        for asked in ["WAITING", "OPEN", "CLOSE"] {
            let found = app.get(&format!("/api/products/search?status={asked}")).await.ids().len();
            assert_eq!(found, usize::from(asked == status), "{asked} at {now}");
        }
        let counted = app.get("/api/products/search?facets=status").await.json();
        let counted = counted["facets"]["status"].as_array().unwrap().iter().find(|it| it["value"] == status).unwrap();
        assert_eq!(counted["count"], 1, "{status} at {now}");
        assert_eq!(app.get("/api/products/openrun").await.ids().len(), usize::from(status == "OPEN"));
    }
}

#[tokio::test]
async fn the_open_run_lists_what_is_on_sale_newest_first() {
    let waiting = Product { opens_at: NOON + 1, ..product(2) };
    let over = Product { closes_at: NOON, ..product(4) };
    let app = TestApp::with_products(&[product(1), waiting, product(3), over]).await;
    assert_eq!(app.get("/api/products/openrun").await.ids(), [3, 1]);
}

#[tokio::test]
async fn the_most_wished_are_those_that_open_today_in_the_shops_zone() {
    let midnight = NOON - 12 * HOUR;
    let opening =
        |id, opens_at, wish_count| Product { opens_at, closes_at: opens_at + HOUR, wish_count, ..product(id) };
    let app = TestApp::with_products(&[
        opening(1, midnight - 1, 900),
        opening(2, midnight, 5),
        opening(3, midnight + 24 * HOUR - 1, 70),
        opening(4, midnight + 24 * HOUR, 900),
        opening(5, NOON, 70),
    ])
    .await;
    assert_eq!(app.get("/api/products/wishcount/100").await.ids(), [5, 3, 2]);
    assert_eq!(app.get("/api/products/wishcount/1").await.ids(), [5]);
    app.set_now(midnight + 24 * HOUR);
    assert_eq!(app.get("/api/products/wishcount/100").await.ids(), [4]);
}

#[tokio::test]
async fn filters_hold_together_and_sorts_end_in_id() {
    let shirt = Product { category: "상의".to_owned(), name: "면 티셔츠".to_owned(), ..product(9) };
    let same_price = Product { price: 2000, ..product(7) };
    let app = TestApp::with_products(&[product(1), product(2), product(3), same_price, shirt]).await;
    let ids = async |query: &str| app.get(&format!("/api/products/search?{query}")).await.ids();
    assert_eq!(ids("category=신발&lprice=2000&gprice=3000").await, [7, 3, 2]);
    assert_eq!(ids("category=신발&sortBy=price").await, [1, 2, 7, 3]);
    assert_eq!(ids("category=신발&sortBy=price&isAsc=false").await, [3, 7, 2, 1]);
    assert_eq!(ids("keyword=티셔츠").await, [9]);
    assert_eq!(ids("keyword=티셔츠&category=신발").await, [] as [i64; 0]);
}
