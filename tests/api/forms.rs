//! What the pages' forms take and refuse, and what they say to it.

use reqwest::{Method, StatusCode};
use sqlx::MySqlPool;
use url::form_urlencoded;

use crate::support::{Answer, Setup, TestApp, rows::write_products};

const PASSWORD: &str = "correct horse battery";

/// A server with products 1 to 3, on sale at all times.
async fn shop(db: MySqlPool) -> TestApp {
    write_products(&db, 3).await;
    sqlx::query("UPDATE stock SET open_at = '2020-01-01', close_at = '2100-01-01'").execute(&db).await.unwrap();
    TestApp::with_members(Setup::with_services(db)).await
}

async fn send(app: &TestApp, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Answer {
    let form = [("content-type", "application/x-www-form-urlencoded"), ("accept-language", "en")];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    app.send_body(Method::POST, path, &[headers, &form].concat(), body).await
}

fn signup<'a>(name: &'a str, email: &'a str, password: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![("name", name), ("email", email), ("password", password), ("next", "/openrun/detail/1")]
}

/// The cookie of a member who has just signed up.
async fn session(app: &TestApp, email: &str) -> String {
    let signed_up = send(app, "/openrun/signup", &[], &signup("Kim", email, PASSWORD)).await;
    assert_eq!(signed_up.status, StatusCode::SEE_OTHER, "{}", signed_up.text);
    let cookies = signed_up.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let session = cookies.filter_map(|cookie| cookie.split(';').next()).find(|cookie| cookie.starts_with("session=e"));
    session.unwrap().to_owned()
}

fn assert_told(answer: &Answer, status: StatusCode, texts: &[&str]) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{answer:?}");
    for text in texts {
        assert!(answer.text.contains(text), "{text} is not in {}", answer.text);
    }
}

#[sqlx::test]
async fn a_session_is_a_cookie_that_no_script_reads_and_no_other_site_sends(db: MySqlPool) {
    let app = shop(db).await;
    let plain = send(&app, "/openrun/signup", &[], &signup("Kim", "kim@example.com", PASSWORD)).await;
    assert_eq!((plain.status, plain.header("location")), (StatusCode::SEE_OTHER, Some("/openrun/detail/1")));
    let cookies = |answer: &Answer| {
        let cookies = answer.headers.get_all("set-cookie").iter();
        cookies.map(|cookie| cookie.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let begun = |answer: &Answer, name: &str| {
        cookies(answer).into_iter().find(|cookie| cookie.starts_with(name)).unwrap_or_default()
    };
    let cookie = begun(&plain, "session=e");
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(flag), "{flag}: {cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");
    // A proxy that ends TLS leaves the form's origin as it is.
    let host = app.address().trim_start_matches("http://");
    let origin = format!("https://{host}");
    let headers = [("origin", origin.as_str()), ("sec-fetch-site", "same-origin")];
    let secure = send(&app, "/openrun/signup", &headers, &signup("Lee", "lee@example.com", PASSWORD)).await;
    let cookie = begun(&secure, "__Host-session=e");
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/", "Secure"] {
        assert!(cookie.contains(flag), "{flag}: {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
}

#[sqlx::test]
async fn a_form_of_another_site_is_not_taken(db: MySqlPool) {
    let app = shop(db.clone()).await;
    let cookie = session(&app, "kim@example.com").await;
    for foreign in [
        [("cookie", cookie.as_str()), ("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
        [("cookie", cookie.as_str()), ("origin", "null"), ("sec-fetch-site", "cross-site")],
        [("cookie", cookie.as_str()), ("origin", "https://evil.example"), ("accept", "text/html")],
    ] {
        for path in ["/openrun/detail/1/order", "/openrun/detail/1/wish", "/openrun/logout", "/openrun/login"] {
            let refused = send(&app, path, &foreign, &[("count", "1")]).await;
            assert_told(&refused, StatusCode::FORBIDDEN, &["This request cannot be accepted."]);
        }
    }
    let kept: (i64, i64) = sqlx::query_as("SELECT (SELECT COUNT(*) FROM orders), (SELECT COUNT(*) FROM wishes)")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(kept, (0, 0));
}

#[sqlx::test]
async fn signing_up_tells_every_wrong_field_and_keeps_what_was_typed(db: MySqlPool) {
    let app = shop(db).await;
    let (long_name, long_email) = ("k".repeat(51), format!("{}@example.com", "k".repeat(300)));
    let (long_password, blanks) = ("k".repeat(129), " ".repeat(20));
    const NAME: &str = "Enter a name of 1 to 50 characters.";
    const EMAIL: &str = "Enter an e-mail address such as";
    const SECRET: &str = "Enter a password of 8 to 128 characters";
    for (name, email, password, told) in [
        ("", "", "", vec![NAME, EMAIL, SECRET]),
        (blanks.as_str(), "kim@example.com", PASSWORD, vec![NAME]),
        (&long_name, "kim@example.com", PASSWORD, vec![NAME]),
        ("Kim", "kim", PASSWORD, vec![EMAIL]),
        ("Kim", &long_email, PASSWORD, vec![EMAIL]),
        ("Kim", "kim@example.com", "short", vec![SECRET]),
        ("Kim", "kim@example.com", "password1", vec![SECRET]),
        ("Kim", "kim@example.com", &long_password, vec![SECRET]),
    ] {
        let answer = send(&app, "/openrun/signup", &[], &signup(name, email, password)).await;
        assert_told(&answer, StatusCode::UNPROCESSABLE_ENTITY, &told);
        let fields = [NAME, EMAIL, SECRET].into_iter().filter(|text| answer.text.contains(text));
        assert_eq!(fields.collect::<Vec<_>>(), told, "{name} {email}");
        assert!(answer.text.contains(&format!("value=\"{}\"", name.trim())), "{name}: {}", answer.text);
        assert!(answer.text.contains(&format!("value=\"{email}\"")), "{email}: {}", answer.text);
        assert!(password.is_empty() || !answer.text.contains(&format!("value=\"{password}\"")), "a password is shown");
    }
    let html = "<b>\"Kim\"</b>";
    let answer = send(&app, "/openrun/signup", &[], &signup(html, "kim", PASSWORD)).await;
    assert!(!answer.text.contains(html), "{}", answer.text);
    // Of a repeated field the first counts.
    let twice = [signup("Kim", "kim@example.com", PASSWORD), signup("", "lee", "short")].concat();
    assert_eq!(send(&app, "/openrun/signup", &[], &twice).await.status, StatusCode::SEE_OTHER);
    let taken = send(&app, "/openrun/signup", &[], &signup("Kim", "kim@example.com", PASSWORD)).await;
    assert_told(&taken, StatusCode::CONFLICT, &["There is an account with this address: log in."]);
}

#[sqlx::test]
async fn a_wrong_login_tells_nothing_but_that_it_is_wrong(db: MySqlPool) {
    let app = shop(db).await;
    session(&app, "kim@example.com").await;
    let long = "k".repeat(2_000);
    for (from, (email, password)) in [
        ("", ""),
        ("kim", PASSWORD),
        ("kim@example.com", ""),
        ("kim@example.com", "not the password"),
        ("lee@example.com", PASSWORD),
        (&long, PASSWORD),
        ("kim@example.com", &long),
    ]
    .into_iter()
    .enumerate()
    {
        let from = format!("10.1.0.{from}");
        let fields = [("email", email), ("password", password), ("next", "//evil.example")];
        let answer = send(&app, "/openrun/login", &[("x-forwarded-for", &from)], &fields).await;
        let kept = format!("value=\"{email}\"");
        let told = ["The e-mail address or the password is not right.", kept.as_str()];
        assert_told(&answer, StatusCode::UNAUTHORIZED, &told);
        assert!(!answer.text.contains("evil.example"), "{}", answer.text);
    }
    let right = [("email", "kim@example.com"), ("password", PASSWORD), ("next", "//evil.example")];
    let answer = send(&app, "/openrun/login", &[], &right).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, Some("/openrun/main")));
}

#[sqlx::test]
async fn an_order_that_cannot_be_is_told_and_the_form_keeps_what_was_typed(db: MySqlPool) {
    let app = shop(db.clone()).await;
    let cookie = session(&app, "kim@example.com").await;
    let cookie = [("cookie", cookie.as_str())];
    let order = async |fields: &[(&str, &str)]| send(&app, "/openrun/detail/1/order", &cookie, fields).await;
    let long = "1".repeat(2_000);
    for count in ["", "0", "-1", "1.5", "10001", "99999999999", "two", "<b>", &long] {
        let answer = order(&[("count", count), ("key", "k1")]).await;
        assert_told(&answer, StatusCode::BAD_REQUEST, &["Enter a whole number from 1 to 10,000."]);
        let kept = if count.is_empty() { "1" } else { count };
        assert!(count == "<b>" || answer.text.contains(&format!("value=\"{kept}\"")), "{count}: {}", answer.text);
        assert!(!answer.text.contains("<b>\""), "{}", answer.text);
    }
    assert_told(&order(&[]).await, StatusCode::BAD_REQUEST, &["Enter a whole number from 1 to 10,000."]);
    let too_many = order(&[("count", "31"), ("key", "k2")]).await;
    assert_told(&too_many, StatusCode::CONFLICT, &["Fewer units are left than you ordered.", "value=\"31\""]);
    let gone = send(&app, "/openrun/detail/999/order", &cookie, &[("count", "1")]).await;
    assert_told(&gone, StatusCode::NOT_FOUND, &["What you are looking for is not here"]);
    let strange = send(&app, "/openrun/detail/x/order", &cookie, &[("count", "1")]).await;
    assert_told(&strange, StatusCode::BAD_REQUEST, &["What you have entered cannot be understood."]);
    let wished = send(&app, "/openrun/detail/999/wish", &cookie, &[]).await;
    assert_told(&wished, StatusCode::NOT_FOUND, &["What you are looking for is not here"]);
    for number in ["x", "0", "00000000-0000-0000-0000-000000000000"] {
        let cancelled = send(&app, &format!("/openrun/orders/{number}/cancel"), &cookie, &[]).await;
        assert!(matches!(cancelled.status, StatusCode::NOT_FOUND | StatusCode::SEE_OTHER), "{cancelled:?}");
    }
    // Of a repeated field the first counts, and a key that cannot be one is replaced.
    let bought = order(&[("count", "2"), ("count", "x"), ("key", &long)]).await;
    assert_eq!(bought.status, StatusCode::SEE_OTHER, "{}", bought.text);
    let sold: i64 = sqlx::query_scalar("SELECT CAST(SUM(quantity) AS SIGNED) FROM orders WHERE status = 'CONFIRMED'")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(sold, 2);
}

#[sqlx::test]
async fn a_form_that_cannot_be_read_is_refused_in_the_visitors_language(db: MySqlPool) {
    let app = shop(db).await;
    let json = [("content-type", "application/json"), ("accept-language", "en")];
    let answer = app.send_body(Method::POST, "/openrun/login", &json, "{}").await;
    assert_told(&answer, StatusCode::UNSUPPORTED_MEDIA_TYPE, &["What you have sent cannot be read."]);
    let large = "k".repeat(3 << 20);
    let answer = send(&app, "/openrun/login", &[], &[("email", &large)]).await;
    assert_told(&answer, StatusCode::PAYLOAD_TOO_LARGE, &["What you have sent is too large."]);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let answer = app.send_body(Method::POST, "/openrun/login", &form, "email=%ff%fe&password=%00").await;
    assert_told(&answer, StatusCode::UNAUTHORIZED, &["이메일 또는 비밀번호가 맞지 않습니다."]);
    let answer = app.send_body(Method::PUT, "/openrun/login", &form, "").await;
    assert_told(&answer, StatusCode::METHOD_NOT_ALLOWED, &["이 주소는"]);
    assert_eq!(answer.header("allow"), Some("GET,HEAD,POST"));
}

#[sqlx::test]
async fn every_filter_tells_what_is_wrong_with_it_and_keeps_it(db: MySqlPool) {
    let app = shop(db).await;
    app.publish(&crate::support::index::products(3));
    app.app.catalogue.refresh().await.unwrap();
    let long = "가".repeat(201);
    for list in ["/openrun/total", "/openrun/page/or"] {
        for (field, value, told) in [
            ("keyword", long.as_str(), "Enter at most 200 characters."),
            ("keyword", "a\0b", "Enter at most 200 characters."),
            ("category", &long, "Enter at most 200 characters."),
            ("status", "open", "This cannot be chosen."),
            ("order", "x", "This cannot be chosen."),
            ("lprice", "1.5", "Enter a whole number of won."),
            ("gprice", "99999999999999999999", "Enter a whole number of won."),
            ("page", "0", "Enter a page number of 1 or more."),
            ("page", "-1", "Enter a page number of 1 or more."),
            ("page", "x", "Enter a page number of 1 or more."),
        ] {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair(field, value).finish();
            let english = [("accept-language", "en")];
            let answer = app.send(Method::GET, &format!("{list}?{query}"), &english).await;
            assert_told(&answer, StatusCode::BAD_REQUEST, &[told]);
            if matches!(field, "keyword" | "lprice" | "gprice") {
                assert!(answer.text.contains(&format!("value=\"{value}\"")), "{field}={value:?}: {}", answer.text);
            }
        }
        let empty = "?keyword=&category=&status=&lprice=&gprice=&order=&page=&inStock=";
        assert_eq!(app.get(&format!("{list}{empty}")).await.status, StatusCode::OK);
        let twice = app.get(&format!("{list}?lprice=1&lprice=x")).await;
        assert_eq!(twice.status, StatusCode::OK, "{}", twice.text);
    }
}

#[sqlx::test]
async fn a_language_that_is_not_spoken_cannot_be_switched_to(db: MySqlPool) {
    let app = shop(db).await;
    let answer = app.get("/openrun/language/fr").await;
    assert_told(&answer, StatusCode::NOT_FOUND, &["찾으시는 것이 없습니다"]);
    for (referer, back) in [
        ("https://evil.example/openrun/total".to_owned(), "/openrun/main"),
        (format!("{}/openrun/total?page=2", app.address()), "/openrun/total?page=2"),
    ] {
        let switched = app.send(Method::GET, "/openrun/language/en", &[("referer", &referer)]).await;
        assert_eq!((switched.status, switched.header("location")), (StatusCode::SEE_OTHER, Some(back)));
    }
    let english = app.send(Method::GET, "/openrun/login", &[("cookie", "language=en")]).await;
    assert_told(&english, StatusCode::OK, &["<html lang=\"en\">", "Log in"]);
}
