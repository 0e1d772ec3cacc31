//! Signing up, logging in and out, by form.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::CookieJar;

use super::{
    fields::{Fields, Form},
    page::{Frame, show},
    session,
    visitor::{HOME, Visitor, came_from, own_address},
};
use crate::{
    access::ClientAddress,
    app::App,
    error::{Code, Problem},
    members::{self, Credentials, Email, GivenPassword, Name, NewMember, NewPassword},
};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    frame: Frame,
    next: &'a str,
    email: &'a str,
    /// Whether somebody was sent here, instead of having come.
    sent: bool,
    fault: String,
}

/// Shows the form.
pub(super) async fn login_form(visitor: Visitor, headers: HeaderMap, fields: Fields) -> Response {
    let next = fields.text("next");
    let sent = !next.is_empty();
    let next = if sent { own_address(next) } else { came_from(&headers).unwrap_or(HOME) };
    let page = LoginPage { frame: Frame::new(&visitor), next, email: "", sent, fault: String::new() };
    show(StatusCode::OK, &page)
}

/// Begins a session and goes to where it was wanted.
pub(super) async fn log_in(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    ClientAddress(address): ClientAddress,
    jar: CookieJar,
    headers: HeaderMap,
    Form(fields): Form,
) -> Result<Response, Problem> {
    let (email, next) = (fields.text("email"), own_address(fields.text("next")));
    let refuse = |status: StatusCode, fault: String| {
        let page = LoginPage { frame: Frame::new(&visitor), next, email, sent: false, fault };
        show(status, &page)
    };
    let given = Email::try_from(email.to_owned())
        .and_then(|email| Ok((email, GivenPassword::try_from(fields.raw("password").to_owned())?)));
    // What no account can have is as wrong as what this one has not.
    let wrong = || refuse(StatusCode::UNAUTHORIZED, visitor.texts.wrong_credentials.to_owned());
    let Ok((memberemail, memberpassword)) = given else { return Ok(wrong()) };
    match members::log_in(&app, address, Credentials { memberemail, memberpassword }).await {
        Ok(Some(token)) => Ok((session::begin(jar, token, &headers), Redirect::to(next)).into_response()),
        Ok(None) => Ok(wrong()),
        Err(problem) => Ok(refuse(problem.status(), told(&visitor, &problem))),
    }
}

#[derive(Template)]
#[template(path = "signup.html")]
struct SignupPage<'a> {
    frame: Frame,
    next: &'a str,
    name: &'a str,
    email: &'a str,
    name_fault: &'static str,
    email_fault: &'static str,
    password_fault: &'static str,
    /// Of the form as a whole.
    fault: String,
}

impl<'a> SignupPage<'a> {
    /// The form as it is typed so far, with nothing wrong.
    fn new(visitor: &Visitor, fields: &'a Fields) -> Self {
        Self {
            frame: Frame::new(visitor),
            next: own_address(fields.text("next")),
            name: fields.text("name"),
            email: fields.text("email"),
            name_fault: "",
            email_fault: "",
            password_fault: "",
            fault: String::new(),
        }
    }
}

/// Shows the form.
pub(super) async fn signup_form(visitor: Visitor, fields: Fields) -> Response {
    show(StatusCode::OK, &SignupPage::new(&visitor, &fields))
}

/// Makes an account and begins its first session.
pub(super) async fn sign_up(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    ClientAddress(address): ClientAddress,
    jar: CookieJar,
    headers: HeaderMap,
    Form(fields): Form,
) -> Result<Response, Problem> {
    let t = visitor.texts;
    let mut page = SignupPage::new(&visitor, &fields);
    let given = (
        Name::try_from(page.name.to_owned()),
        Email::try_from(page.email.to_owned()),
        NewPassword::try_from(fields.raw("password").to_owned()),
    );
    let (Ok(membername), Ok(memberemail), Ok(memberpassword)) = given else {
        page.name_fault = given.0.map_or(t.bad_name, |_| "");
        page.email_fault = given.1.map_or(t.bad_email, |_| "");
        page.password_fault = given.2.map_or(t.bad_password, |_| "");
        page.fault = t.please_correct.to_owned();
        return Ok(show(StatusCode::UNPROCESSABLE_ENTITY, &page));
    };
    match members::sign_up(&app, address, NewMember { membername, memberpassword, memberemail }).await {
        Ok(token) => Ok((session::begin(jar, token, &headers), Redirect::to(page.next)).into_response()),
        Err(problem) => {
            page.fault = told(&visitor, &problem);
            Ok(show(problem.status(), &page))
        }
    }
}

/// What the form says of a failure.
fn told(visitor: &Visitor, problem: &Problem) -> String {
    let text = (visitor.texts.problem)(problem.code());
    match problem.wait().filter(|_| problem.code() == Code::TooManyRequests) {
        Some(wait) => format!("{text} {}", (visitor.texts.wait_seconds)(wait.as_millis().div_ceil(1000) as u64)),
        None => text.to_owned(),
    }
}

/// Ends all sessions of the member, here and elsewhere.
pub(super) async fn log_out(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    jar: CookieJar,
    Form(_): Form,
) -> Result<Response, Problem> {
    if let Some(member) = visitor.known()? {
        members::revoke(&app, member.id).await?;
    }
    Ok((session::end(jar), Redirect::to("/openrun/main")).into_response())
}
