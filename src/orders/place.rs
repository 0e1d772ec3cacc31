use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    OrderBody,
    protocol::{Decision, OrderNo, PlaceOrder, Sought, Standing},
};
use crate::{
    app::App,
    error::{Code, Problem, ProblemBody},
    extract::{Body, Path},
    fail_point,
    members::Member,
};

const ORDER_NO: HeaderName = HeaderName::from_static("x-order-no");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Longest key, in characters.
pub(crate) const MAX_KEY: usize = 255;
/// What the original clients read.
const TAKEN: &str = "주문을 처리중입니다.";

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct ProductPath {
    /// Primary key of the product.
    id: i64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOrder {
    /// Units, 1 to 10,000; a number, or its digits as text.
    #[schema(value_type = i32, example = 1)]
    count: Count,
}

/// Units of one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "CountText")]
pub(super) struct Count(i32);

/// The old page sends what its input field holds.
#[derive(Deserialize)]
#[serde(untagged)]
enum CountText {
    Number(i64),
    Text(String),
    Other(serde::de::IgnoredAny),
}

/// Units as a form has them, if an order may have so many.
pub(crate) fn count_of(text: &str) -> Option<i32> {
    Count::try_from(CountText::Text(text.to_owned())).ok().map(|count| count.0)
}

impl TryFrom<CountText> for Count {
    type Error = &'static str;

    fn try_from(count: CountText) -> Result<Self, Self::Error> {
        let count = match count {
            CountText::Number(count) => Some(count),
            CountText::Text(text) => text.trim().parse().ok(),
            CountText::Other(_) => None,
        };
        let count = count.and_then(|count| i32::try_from(count).ok());
        count.filter(|count| (1..=10_000).contains(count)).map(Self).ok_or("must be a whole number from 1 to 10000")
    }
}

/// Orders units of a product. Final when it answers 200; 202 means that the order will be decided and can be asked for.
#[utoipa::path(
    post,
    path = "/api/orders/{id}",
    tag = "orders",
    params(
        ProductPath,
        ("Idempotency-Key" = Option<String>, Header, description = "Repeats with the same key are one order"),
    ),
    request_body = NewOrder,
    responses(
        (status = 200, description = "Bought; plain text unless JSON is accepted", body = OrderBody),
        (status = 202, description = "Not decided yet; ask at Location", body = OrderBody),
        (status = 409, description = "sold_out, not_open, sale_closed or limit_reached", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The key belongs to another order", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn place_order(
    State(app): State<Arc<App>>,
    member: Member,
    Path(path): Path<ProductPath>,
    headers: HeaderMap,
    Body(body): Body<NewOrder>,
) -> Result<Response, Problem> {
    let key = read_key(&headers)?;
    let order = PlaceOrder {
        number: key
            .filter(|_| !fail_point::planted("forget_keys"))
            .map_or_else(OrderNo::fresh, |key| OrderNo::of_key(member.id, key)),
        member_id: member.id,
        product_id: path.id,
        quantity: body.count.0,
        keyed: key.is_some(),
    };
    let standing = app.orders.place(order).await?;
    let status = match standing {
        Standing::Pending => StatusCode::ACCEPTED,
        Standing::Decided(Decision::Confirmed { .. } | Decision::Cancelled { .. }) => StatusCode::OK,
        Standing::Decided(Decision::Rejected(refusal)) => return Err(Problem::refused(refusal, order.product_id)),
        Standing::Decided(Decision::KeyReused) => return Err(key_reused()),
    };
    Ok(answer(status, &order, standing, wants_json(&headers)))
}

fn read_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = value.to_str().ok().map(str::trim).filter(|key| (1..=MAX_KEY).contains(&key.len()));
    key.map(Some).ok_or_else(|| {
        Problem::invalid_parameter("Idempotency-Key", format!("must have 1 to {MAX_KEY} visible ASCII characters"))
    })
}

fn key_reused() -> Problem {
    Problem::new(
        Code::KeyReused,
        "This Idempotency-Key belongs to an order of something else. Use a new key for a new order.",
    )
}

/// Only who asks for JSON gets it: the original clients read the text.
fn wants_json(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).iter().any(|accept| accept.to_str().is_ok_and(|accept| accept.contains("json")))
}

fn answer(status: StatusCode, order: &PlaceOrder, standing: Standing, json: bool) -> Response {
    let number = order.number.to_string();
    let mut response = if json {
        let PlaceOrder { number, product_id, quantity, .. } = *order;
        (status, Json(OrderBody::new(&Sought { number, product_id, quantity, standing }))).into_response()
    } else {
        (status, TAKEN).into_response()
    };
    for (name, value) in [(header::LOCATION, format!("/api/orders/{number}")), (ORDER_NO, number)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(json: &str) -> Option<i32> {
        serde_json::from_str::<NewOrder>(&format!("{{\"count\":{json}}}")).ok().map(|order| order.count.0)
    }

    #[test]
    fn a_count_is_a_number_or_its_digits() {
        assert_eq!(count("1"), Some(1));
        assert_eq!(count("\"10000\""), Some(10_000));
    }

    #[test]
    fn any_other_count_is_refused() {
        for bad in ["0", "-1", "1.5", "1e9", "10001", "9223372036854775808", "\"x\"", "\"\"", "\"1.5\"", "null", "[1]"]
        {
            assert_eq!(count(bad), None, "{bad}");
        }
    }
}
