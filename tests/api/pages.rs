use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, index::products};

/// As Spring prints a page of a sorted list.
fn spring_page(number: u64, size: u64, total: u64, content: &[Value]) -> Value {
    let sort = json!({"empty": false, "sorted": true, "unsorted": false});
    let pages = total.div_ceil(size);
    json!({
        "content": content,
        "pageable": {
            "pageNumber": number, "pageSize": size, "sort": sort, "offset": number * size, "paged": true, "unpaged": false,
        },
        "last": number + 1 >= pages,
        "totalPages": pages,
        "totalElements": total,
        "size": size,
        "number": number,
        "sort": sort,
        "first": number == 0,
        "numberOfElements": content.len(),
        "empty": content.is_empty(),
    })
}

fn card(id: i64) -> Value {
    json!({
        "id": id,
        "productName": format!("나이키 운동화 {id}"),
        "productImage": format!("https://images.example/{id}.jpg"),
        "price": 1000 * id,
        "mallName": "나이키공식",
        "category": "신발",
    })
}

fn without_cursor(answer: &Answer) -> Value {
    let mut body = answer.json();
    body.as_object_mut().unwrap().remove("nextCursor");
    body
}

#[tokio::test]
async fn a_page_has_the_shape_that_spring_prints() {
    let app = TestApp::with_products(&products(5)).await;
    for (number, ids) in [(0, vec![5, 4]), (1, vec![3, 2]), (2, vec![1])] {
        let answer = app.get(&format!("/api/products?page={number}&size=2")).await;
        let content: Vec<_> = ids.into_iter().map(card).collect();
        assert_eq!(without_cursor(&answer), spring_page(number, 2, 5, &content));
        assert_eq!(answer.json().get("nextCursor").is_some(), number < 2);
    }
}

#[tokio::test]
async fn a_page_past_the_end_is_empty() {
    let app = TestApp::with_products(&products(5)).await;
    for (number, size) in [(3, 2), (2_147_483_647, 100), (2_147_483_647, 1)] {
        let answer = app.get(&format!("/api/products?page={number}&size={size}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.json(), spring_page(number, size, 5, &[]));
    }
}

#[tokio::test]
async fn a_list_without_products_has_one_empty_page() {
    let app = TestApp::with_products(&products(1)).await;
    let answer = app.get("/api/products/search?category=none").await;
    assert_eq!(answer.json(), spring_page(0, 20, 0, &[]));
}

#[tokio::test]
async fn cursors_walk_every_list_once_and_in_order() {
    let app = TestApp::with_products(&products(11)).await;
    for list in [
        "sortBy=id&isAsc=false",
        "sortBy=price",
        "sortBy=wishCount&isAsc=false",
        "sortBy=eventStartTime",
        "keyword=나이키",
    ] {
        let whole = app.get(&format!("/api/products/search?{list}&size=100")).await.ids();
        assert_eq!(whole.len(), 11);
        let mut walked = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = app.get(&format!("/api/products/search?{list}&size=3&cursor={cursor}")).await;
            assert_eq!(page.json()["number"], walked.len() / 3, "{list}");
            walked.extend(page.ids());
            match page.json().get("nextCursor") {
                Some(next) => cursor = next.as_str().unwrap().to_owned(),
                None => break,
            }
        }
        assert_eq!(walked, whole, "{list}");
    }
}

#[tokio::test]
async fn a_cursor_keeps_its_place_while_the_catalogue_changes() {
    let app = TestApp::with_products(&products(6)).await;
    let page = app.get("/api/products?size=2").await;
    assert_eq!(page.ids(), [6, 5]);
    app.publish(&products(9));
    app.app.catalogue.refresh().await.unwrap();
    let cursor = page.json()["nextCursor"].as_str().unwrap().to_owned();
    assert_eq!(app.get(&format!("/api/products?size=2&cursor={cursor}")).await.ids(), [4, 3]);
}

#[tokio::test]
async fn a_cursor_of_another_order_is_refused() {
    let app = TestApp::with_products(&products(6)).await;
    let page = app.get("/api/products?size=2").await;
    let cursor = page.json()["nextCursor"].as_str().unwrap().to_owned();
    let answer = app.get(&format!("/api/products/search?sortBy=price&cursor={cursor}")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json()["errors"][0]["parameter"], "cursor");
}
