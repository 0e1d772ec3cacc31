//! The JavaScript client of the replaced shop: the same calls from a real browser, and what it expects of their answers.

use serde_json::{Value, json};
use sqlx::MySqlPool;

use crate::{
    driver::{Browser, Kind},
    shop::open,
};

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[sqlx::test]
async fn the_replaced_shops_client_goes_on_working(db: MySqlPool) {
    let app = open(db, 3).await;
    let browser = Browser::open(app.address(), Kind::KOREAN).await;
    browser.go("/openrun/main").await;
    let seen = browser.driver.execute_async(include_str!("old_client.js"), Vec::new()).await.unwrap().json().clone();
    assert_eq!(seen.get("error"), None);
    let answer = |name: &str| (seen[name]["status"].as_u64().unwrap(), seen[name]["body"].clone());
    let body = |name: &str| {
        let (status, body) = answer(name);
        assert_eq!(status, 200, "{name}: {body}");
        body
    };

    assert_eq!(answer("signup"), (200, json!("")));
    assert_eq!(answer("wrongLogin"), (401, json!({ "msg": "실패" })));
    assert_eq!(answer("anonymous").0, 401);
    assert_eq!(answer("login"), (200, json!({ "msg": "성공" })));
    assert!(seen["login"]["authorization"].as_str().unwrap().starts_with("Bearer "));

    let item = ["category", "id", "mallName", "price", "productImage", "productName"];
    assert_eq!(body("main").as_array().unwrap().len(), 2);
    for (list, ids, total) in [
        ("list", vec![3, 2], 3),
        ("unfiltered", vec![3, 2, 1], 3),
        ("filtered", vec![1, 2], 2),
        ("onSale", vec![3, 2, 1], 3),
    ] {
        let page = body(list);
        let content = page["content"].as_array().unwrap();
        assert_eq!(content.iter().map(|item| item["id"].as_i64().unwrap()).collect::<Vec<_>>(), ids, "{list}");
        assert_eq!((page["totalElements"].as_i64(), page["number"].as_i64()), (Some(total), Some(0)), "{list}");
        assert!(content.iter().all(|found| item.iter().all(|key| keys(found).contains(key))), "{list}: {page}");
        for key in ["totalPages", "first", "last", "empty", "size", "numberOfElements", "sort", "pageable"] {
            assert!(page.get(key).is_some(), "{list} has no {key}");
        }
    }
    let detail = body("detail");
    for key in ["currentQuantity", "eventStartTime", "totalQuantity", "wishCount", "status"].iter().chain(&item) {
        assert!(detail.get(*key).is_some(), "{key}");
    }
    assert_eq!((&detail["currentQuantity"], &detail["status"]), (&json!(30), &json!("OPEN")));

    assert_eq!(body("wish")["wishCount"], 1);
    assert_eq!(body("wished")["isWish"], true);
    assert_eq!(body("wishes")["content"][0]["id"], 1);
    assert_eq!(body("unwish")["wishCount"], 0);

    assert_eq!(body("order"), "주문을 처리중입니다.");
    let orders = body("orders");
    let order = &orders["content"][0];
    assert_eq!((&order["count"], &order["price"], &order["orderStatus"]), (&json!(2), &json!(1000), &json!("SUCCESS")));
    for key in ["id", "productName", "mallName", "modifiedAt"] {
        assert!(order.get(key).is_some(), "{key}");
    }
    assert_eq!(body("cancel"), "구매 취소 성공");
    assert_eq!(body("ordersThen")["content"], json!([]));
    assert_eq!(answer("health").0, 200);
    browser.close().await;
}
