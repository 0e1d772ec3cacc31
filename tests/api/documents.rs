use reqwest::StatusCode;

use crate::support::{Setup, TestApp};

#[tokio::test]
async fn the_openapi_document_has_exactly_these_paths() {
    let app = TestApp::start(Setup::default()).await;
    let document = app.get("/v3/api-docs").await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        paths,
        [
            "/api/admin/products",
            "/api/admin/products/{id}",
            "/api/admin/products/{id}/sale",
            "/api/admin/products/{id}/stock",
            "/api/members/login",
            "/api/members/logout",
            "/api/members/password",
            "/api/members/signup",
            "/api/orders",
            "/api/orders/{id}",
            "/api/products",
            "/api/products/openrun",
            "/api/products/search",
            "/api/products/suggest",
            "/api/products/wish",
            "/api/products/wishcount/{count}",
            "/api/products/{id}",
            "/api/products/{id}/wish",
            "/api/products/{id}/wish/user",
            "/health-check",
        ]
    );
}

#[tokio::test]
async fn lists_of_products_are_documented_as_pages_of_cards_that_say_how_the_keyword_was_read() {
    let app = TestApp::start(Setup::default()).await;
    let document = app.get("/v3/api-docs").await.json();
    for path in ["/api/products", "/api/products/openrun", "/api/products/search"] {
        let answer = &document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        assert_eq!(answer["$ref"], "#/components/schemas/ProductPage", "{path}");
    }
    let schemas = &document["components"]["schemas"];
    let parts: Vec<&str> =
        schemas["ProductPage"]["allOf"].as_array().unwrap().iter().map(|part| part["$ref"].as_str().unwrap()).collect();
    assert_eq!(parts, ["#/components/schemas/PageBody_ProductCard", "#/components/schemas/Explanation"]);
    assert!(schemas["PageBody_ProductCard"]["properties"]["totalElements"].is_object());
    assert!(schemas["Explanation"]["properties"]["corrections"].is_object());
}

#[tokio::test]
async fn every_search_parameter_is_documented() {
    let app = TestApp::start(Setup::default()).await;
    let document = app.get("/v3/api-docs").await.json();
    let parameters = document["paths"]["/api/products/search"]["get"]["parameters"].as_array().unwrap();
    let names: Vec<_> = parameters.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
    let expected = [
        "keyword",
        "exact",
        "category",
        "status",
        "lprice",
        "gprice",
        "inStock",
        "facets",
        "highlight",
        "sortBy",
        "isAsc",
        "page",
        "size",
        "cursor",
    ];
    assert_eq!(names, expected);
    assert!(parameters.iter().all(|parameter| parameter["required"] == false));
}

#[tokio::test]
async fn swagger_ui_is_served_from_the_binary() {
    let app = TestApp::start(Setup::default()).await;
    let page = app.get("/swagger-ui/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("swagger-ui"));
    assert!(app.get("/swagger-ui/swagger-initializer.js").await.text.contains("/v3/api-docs"));
}
