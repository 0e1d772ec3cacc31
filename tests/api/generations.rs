use reqwest::StatusCode;

use crate::support::{Setup, TestApp, index::products, until};

#[tokio::test]
async fn without_an_index_the_answer_says_how_to_build_one() {
    let app = TestApp::start(Setup::default()).await;
    for list in
        ["/api/products", "/api/products/search?keyword=a", "/api/products/openrun", "/api/products/wishcount/10"]
    {
        let answer = app.get(list).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.json()["code"], "index_not_built");
        assert!(answer.json()["detail"].as_str().unwrap().contains("indexer rebuild"));
        assert!(answer.header("retry-after").is_some());
    }
    let readiness = app.admin("/readyz").await;
    assert_eq!(readiness.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(readiness.json()["index"]["ok"], false);
}

#[tokio::test]
async fn a_server_without_an_index_takes_the_first_one_up() {
    let app = TestApp::start(Setup::default()).await;
    app.publish(&products(3));
    until(async || app.get("/api/products").await.status == StatusCode::OK).await;
    assert_eq!(app.admin("/readyz").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_generation_is_taken_up_without_dropping_a_request() {
    let app = TestApp::with_products(&products(10)).await;
    for count in [20, 30, 40] {
        app.publish(&products(count));
        until(async || {
            let requests: Vec<_> =
                (0..16).map(|_| app.get_meanwhile("/api/products/search?keyword=나이키&size=5")).collect();
            let mut all_new = true;
            for request in requests {
                let answer = request.await.unwrap();
                assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
                let total = answer.json()["totalElements"].as_i64().unwrap();
                assert!(total == count || total == count - 10, "{total}");
                // Total and page are of one generation.
                assert_eq!(answer.ids()[0], total);
                all_new &= total == count;
            }
            all_new
        })
        .await;
    }
}

#[tokio::test]
async fn a_generation_that_cannot_be_opened_leaves_the_old_one_in_use() {
    let app = TestApp::with_products(&products(3)).await;
    let pointer = std::fs::read_dir(app.home.path()).unwrap().map(|entry| entry.unwrap().path());
    let current = app.home.current().unwrap().unwrap();
    let pointer =
        pointer.filter(|path| path.is_file()).find(|path| std::fs::read_to_string(path).unwrap().trim() == current);
    std::fs::write(pointer.unwrap(), "gen-9999").unwrap();
    assert!(app.app.catalogue.refresh().await.is_err());
    assert_eq!(app.get("/api/products").await.ids(), [3, 2, 1]);
}
