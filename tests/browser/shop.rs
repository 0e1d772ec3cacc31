//! A shop to walk through.

use sqlx::MySqlPool;

use crate::{
    driver::{Browser, Kind},
    support::{Setup, TestApp, index::HOUR, index::product, rows::write_products},
};

pub const PASSWORD: &str = "correct horse battery";

/// The present moment as MySQL has it, which decides orders; Unix milliseconds.
pub async fn now(db: &MySqlPool) -> i64 {
    sqlx::query_scalar("SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)").fetch_one(db).await.unwrap()
}

/// A shop with these products, all on sale; its clock stands.
pub async fn open(db: MySqlPool, products: i64) -> TestApp {
    open_with(Setup::with_services(db), products).await
}

/// The same with other settings.
pub async fn open_with(setup: Setup, products: i64) -> TestApp {
    let db = setup.db.clone();
    write_products(&db, products).await;
    let now = now(&db).await;
    for prepare in [
        "UPDATE products SET image = ''",
        "UPDATE stock SET open_at = TIMESTAMPADD(HOUR, -1, UTC_TIMESTAMP(3)), \
                          close_at = TIMESTAMPADD(DAY, 1, UTC_TIMESTAMP(3))",
    ] {
        sqlx::query(prepare).execute(&db).await.unwrap();
    }
    let app = TestApp::start(setup).await;
    let mut indexed: Vec<_> = (1..=products).map(product).collect();
    for product in &mut indexed {
        (product.opens_at, product.closes_at) = (now, now + 24 * HOUR);
        product.image = String::new();
        if product.id % 3 == 0 {
            (product.name, product.category) = (format!("구찌 가죽 가방 {}", product.id), "가방".to_owned());
        }
    }
    app.set_now(now);
    app.publish(&indexed);
    app.app.catalogue.refresh().await.unwrap();
    app
}

/// Has a sale open, or close, so many seconds from now.
pub async fn turn(db: &MySqlPool, product_id: i64, turns: &'static str, seconds: i64) {
    sqlx::query(turns).bind(seconds).bind(product_id).execute(db).await.unwrap();
}

pub const OPENS: &str = "UPDATE stock SET open_at = TIMESTAMPADD(SECOND, ?, UTC_TIMESTAMP(3)) WHERE product_id = ?";
pub const CLOSES: &str = "UPDATE stock SET close_at = TIMESTAMPADD(SECOND, ?, UTC_TIMESTAMP(3)) WHERE product_id = ?";

/// Signs up in this browser, and comes back to `next`.
pub async fn sign_up(browser: &Browser, email: &str, next: &str) {
    browser.go(&format!("/openrun/signup?next={next}")).await;
    browser.fill("#name", "김민수").await;
    browser.fill("#email", email).await;
    browser.fill("#password", PASSWORD).await;
    browser.click("main form button").await;
    browser.arrive(next).await;
}

/// A browser that is signed up.
pub async fn shopper(app: &TestApp, kind: Kind, email: &str, next: &str) -> Browser {
    let browser = Browser::open(app.address(), kind).await;
    sign_up(&browser, email, next).await;
    browser
}
