//! Orders and wishes, by form.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    detail::{BuyForm, Outcome, ProductPath, REPLACE_URL, render, with_count},
    fields::Form,
    visitor::Visitor,
};
use crate::{
    app::App,
    error::{Code, Problem},
    extract::Path,
    orders::protocol::{Decision, OrderError, OrderNo, PlaceOrder, Standing},
    orders::{MAX_KEY, count_of},
    wishes::{Change, Command, Refusal, WishError},
};

/// Buys. What is decided or promised has a page of its own, so that reloading it orders nothing; a refusal is told at once.
pub(super) async fn buy(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(path): Path<ProductPath>,
    Form(fields): Form,
) -> Result<Response, Problem> {
    let typed = fields.text("count");
    let Some(member) = visitor.known()? else { return Ok(visitor.to_login(&with_count(&path, typed))) };
    // A key may name an order that is not decided yet: it is given up only when it is.
    let sent = Some(fields.text("key")).filter(|key| (1..=MAX_KEY).contains(&key.len()));
    let key = sent.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned);
    let Some(quantity) = count_of(typed) else {
        let form = BuyForm { key, fault: visitor.texts.bad_count, ..BuyForm::fresh(typed) };
        return render(&app, &visitor, &path, StatusCode::BAD_REQUEST, form, Outcome::None).await;
    };
    let (number, product_id) = (OrderNo::of_key(member.id, &key), path.id);
    let order = PlaceOrder { number, member_id: member.id, product_id, quantity, keyed: true };
    match app.orders.place(order).await {
        Ok(Standing::Decided(Decision::Rejected(refusal))) => {
            refuse(&app, &visitor, &path, &Problem::refused(refusal, product_id), BuyForm::fresh(typed)).await
        }
        // Also when the form has ordered something else before: what became of that is what has to be known first.
        Ok(_) => Ok(Redirect::to(&format!("{}?order={number}", path.address())).into_response()),
        // It may be decided yet: the same form asks for the same order.
        Err(error) => {
            let form = BuyForm { key, ..BuyForm::fresh(typed) };
            refuse(&app, &visitor, &path, &error.into(), form).await
        }
    }
}

/// Shows the product with what stands in the way, or that alone if there is no product to show.
async fn refuse(
    app: &App,
    visitor: &Visitor,
    path: &ProductPath,
    problem: &Problem,
    form: BuyForm,
) -> Result<Response, Problem> {
    let outcome = Outcome::Refused((visitor.texts.problem)(problem.code()));
    let page = render(app, visitor, path, problem.status(), form, outcome).await;
    page.map(|page| ([(REPLACE_URL, path.address())], page).into_response()).map_err(|_| problem.clone())
}

/// Wishes a product; to wish it again changes nothing.
pub(super) async fn wish(
    state: State<Arc<App>>,
    visitor: Visitor,
    path: Path<ProductPath>,
    form: Form,
) -> Result<Response, Problem> {
    change(state, visitor, path, form, Change::Wish).await
}

/// Takes a wish back; if there is none nothing changes.
pub(super) async fn unwish(
    state: State<Arc<App>>,
    visitor: Visitor,
    path: Path<ProductPath>,
    form: Form,
) -> Result<Response, Problem> {
    change(state, visitor, path, form, Change::Unwish).await
}

async fn change(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(path): Path<ProductPath>,
    Form(fields): Form,
    change: Change,
) -> Result<Response, Problem> {
    let Some(member) = visitor.known()? else { return Ok(visitor.to_login(&path.address())) };
    let changed = app.wishes.change(Command { member_id: member.id, product_id: path.id, change }).await;
    match changed {
        Ok(_) | Err(WishError::Refused(Refusal::AlreadyWished | Refusal::NotWished)) => (),
        Err(error) => return Err(error.into()),
    }
    let back = if fields.is_checked("mypage") { "/openrun/mypage".to_owned() } else { path.address() };
    Ok(Redirect::to(&back).into_response())
}

#[derive(Deserialize)]
pub(super) struct OrderPath {
    number: String,
}

/// Cancels an order; one that has left the list already is left alone.
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(path): Path<OrderPath>,
    Form(_): Form,
) -> Result<Response, Problem> {
    let Some(member) = visitor.known()? else { return Ok(visitor.to_login("/openrun/mypage")) };
    let Some(number) = OrderNo::parse(&path.number) else {
        return Err(Problem::new(Code::NotFound, "There is no such order."));
    };
    match app.orders.cancel(number, member.id).await {
        Ok(()) => Ok(Redirect::to("/openrun/mypage?cancelled=true").into_response()),
        Err(OrderError::NotFound) => Ok(Redirect::to("/openrun/mypage").into_response()),
        Err(error) => Err(error.into()),
    }
}
