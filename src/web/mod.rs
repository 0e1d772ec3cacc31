//! The shop in the browser: pages that work without scripts, and in place with them.

mod account;
mod assets;
mod buy;
mod card;
mod detail;
mod events;
mod fields;
mod filters;
mod list;
mod main_page;
mod my_page;
mod page;
mod pager;
mod picture;
mod sale;
mod session;
mod suggestions;
mod texts;
mod visitor;

use std::sync::Arc;

use axum::{
    Router,
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use axum_extra::extract::cookie::CookieJar;
use serde::Deserialize;
use tower_http::csrf::{CsrfLayer, ProtectionError};

pub(crate) use self::page::explain_failures;
pub use self::sale::{Sales, keep_watch};
use self::texts::Language;
use crate::{
    app::App,
    error::{Code, Problem},
    extract::Path,
};

/// Every page, the forms in them, and the files that they need.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(Redirect::temporary("/openrun/main")))
        .route("/openrun/main", get(main_page::main_page))
        .route("/openrun/total", get(list::all_products))
        .route("/openrun/page/or", get(list::on_sale_now))
        .route("/openrun/suggest", get(suggestions::suggest))
        .route("/openrun/detail/{id}", get(detail::detail))
        .route("/openrun/detail/{id}/events", get(events::events))
        .route("/openrun/detail/{id}/order", post(buy::buy))
        .route("/openrun/detail/{id}/wish", post(buy::wish))
        .route("/openrun/detail/{id}/unwish", post(buy::unwish))
        .route("/openrun/orders/{number}/cancel", post(buy::cancel))
        .route("/openrun/mypage", get(my_page::my_page))
        .route("/openrun/login", get(account::login_form).post(account::log_in))
        .route("/openrun/signup", get(account::signup_form).post(account::sign_up))
        .route("/openrun/logout", post(account::log_out))
        .route("/openrun/language/{tag}", get(switch_language))
        .route("/openrun/picture/{file}", get(picture::picture))
        .route("/static/{file}", get(assets::serve))
        .layer(CsrfLayer::new().with_rejection_response(refuse_foreign_form))
}

/// A form that another site sent, with the cookies of whoever looks at that site.
fn refuse_foreign_form(error: ProtectionError) -> Response {
    Problem::new(Code::Forbidden, "Forms of other sites are not taken.").caused_by(error).into_response()
}

#[derive(Deserialize)]
struct LanguagePath {
    tag: String,
}

/// Speaks this language from now on, and goes back.
async fn switch_language(
    jar: CookieJar,
    headers: HeaderMap,
    Path(path): Path<LanguagePath>,
) -> Result<Response, Problem> {
    let unknown = || Problem::new(Code::NotFound, "This language is not spoken here.");
    let language = Language::from_tag(&path.tag).ok_or_else(unknown)?;
    let back = visitor::came_from(&headers).unwrap_or(visitor::HOME);
    Ok((session::choose_language(jar, language), Redirect::to(back)).into_response())
}
