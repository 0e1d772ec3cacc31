//! One product: its sale as it runs, the form that buys it, and what became of an order.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderName, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use url::form_urlencoded;
use uuid::Uuid;

use super::{
    fields::Fields,
    filters::Filters,
    page::{Frame, TOTAL, show},
    picture,
    sale::{Sale, SaleState},
    visitor::Visitor,
};
use crate::{
    app::App,
    error::{Code, Problem},
    extract::Path,
    members::Member,
    orders::protocol::{Decision, OrderNo, Sought, Standing},
    products::{StoredProduct, find_product},
    wishes,
};

#[derive(Deserialize)]
pub(super) struct ProductPath {
    pub(super) id: i64,
}

impl ProductPath {
    pub(super) fn address(&self) -> String {
        format!("/openrun/detail/{}", self.id)
    }
}

/// What is told of the last order.
pub(super) enum Outcome {
    /// Nothing was ordered.
    None,
    Bought {
        number: OrderNo,
        count: i32,
        total: i64,
    },
    Pending {
        number: OrderNo,
    },
    Cancelled {
        number: OrderNo,
    },
    /// Not bought, and why.
    Refused(&'static str),
}

/// The form as it is shown.
pub(super) struct BuyForm {
    /// Names the order, so that sending the form twice is one order.
    pub(super) key: String,
    pub(super) count: String,
    pub(super) fault: &'static str,
}

impl BuyForm {
    /// A form that was not sent yet.
    pub(super) fn fresh(count: &str) -> Self {
        let count = if count.is_empty() { "1" } else { count };
        Self { key: Uuid::now_v7().to_string(), count: count.to_owned(), fault: "" }
    }
}

#[derive(Template)]
#[template(path = "detail.html")]
struct DetailPage {
    frame: Frame,
    address: String,
    name: String,
    image: String,
    picture: String,
    category: String,
    mall: String,
    price: i64,
    sale: Sale,
    state: SaleState,
    /// Local time in the shop's zone.
    opens_at: String,
    now: i64,
    wished: bool,
    form: BuyForm,
    outcome: Outcome,
}

impl DetailPage {
    fn category_address(&self) -> String {
        Filters::default().address_with(TOTAL, |filters| filters.category = self.category.clone())
    }

    fn mall_address(&self) -> String {
        Filters::default().address_with(TOTAL, |filters| filters.keyword = self.mall.clone())
    }

    /// Seconds after which a browser without scripts has something new to show.
    fn reload_after(&self) -> Option<i64> {
        const LONGEST: i64 = 3_600;
        match (&self.outcome, self.state) {
            (Outcome::Pending { .. }, _) => Some(2),
            (_, SaleState::Waiting) => {
                let seconds = (self.sale.opens_at - self.now + 999) / 1000;
                (seconds <= LONGEST).then_some(seconds)
            }
            _ => None,
        }
    }

    /// Whether the form is open; while an order is being decided, another one would hardly be meant.
    fn can_buy(&self) -> bool {
        self.state == SaleState::Open && !matches!(self.outcome, Outcome::Pending { .. })
    }

    fn wish_verb(&self) -> &'static str {
        if self.wished { "unwish" } else { "wish" }
    }

    fn order_address(&self, number: &OrderNo) -> String {
        format!("{}?order={number}", self.address)
    }
}

/// Shows a product, and what became of `order`, if there is one.
pub(super) async fn detail(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(path): Path<ProductPath>,
    fields: Fields,
) -> Result<Response, Problem> {
    let form = BuyForm::fresh(fields.text("count"));
    let Some(number) = OrderNo::parse(fields.text("order")) else {
        return render(&app, &visitor, &path, StatusCode::OK, form, Outcome::None).await;
    };
    let Some(member) = visitor.known()? else { return Ok(visitor.to_login(&visitor.address)) };
    let order = app.orders.find(number, member.id).await?;
    let order = order.filter(|order| order.product_id == path.id);
    let outcome = order.map_or(Outcome::None, |order| outcome_of(&visitor, &order));
    let page = render(&app, &visitor, &path, StatusCode::OK, form, outcome).await?;
    Ok(([(REPLACE_URL, visitor.address)], page).into_response())
}

/// Names what a browser shows after a form that was sent in place, so that a reload shows the same.
pub(super) const REPLACE_URL: HeaderName = HeaderName::from_static("hx-replace-url");

/// What a shopper is told of an order.
fn outcome_of(visitor: &Visitor, order: &Sought) -> Outcome {
    let (number, count) = (order.number, order.quantity);
    match order.standing {
        Standing::Pending => Outcome::Pending { number },
        Standing::Decided(Decision::Confirmed { unit_price }) => {
            Outcome::Bought { number, count, total: unit_price.saturating_mul(count.into()) }
        }
        Standing::Decided(Decision::Cancelled { .. }) => Outcome::Cancelled { number },
        Standing::Decided(Decision::Rejected(refusal)) => {
            Outcome::Refused((visitor.texts.problem)(Problem::refused(refusal, order.product_id).code()))
        }
        Standing::Decided(Decision::KeyReused) => Outcome::Refused((visitor.texts.problem)(Code::KeyReused)),
    }
}

/// Writes the page of a product.
pub(super) async fn render(
    app: &App,
    visitor: &Visitor,
    path: &ProductPath,
    status: StatusCode,
    form: BuyForm,
    outcome: Outcome,
) -> Result<Response, Problem> {
    let product = find_product(app, path.id).await?;
    let wished = match visitor.member() {
        Some(Member { id, .. }) => wishes::is_wished_by(app, id, path.id).await?,
        None => false,
    };
    let now = app.clock.now();
    let sale = sale_of(&product);
    let picture = picture::address(product.id);
    let page = DetailPage {
        frame: Frame::new(visitor),
        address: path.address(),
        image: picture::or_drawn(product.image, product.id),
        picture,
        name: product.name,
        category: product.category,
        mall: product.mall_name,
        price: product.price,
        state: sale.state(now),
        opens_at: app.clock.local(sale.opens_at),
        sale,
        now,
        wished,
        form,
        outcome,
    };
    Ok(show(status, &page))
}

fn sale_of(product: &StoredProduct) -> Sale {
    Sale {
        total: product.total,
        remaining: product.remaining,
        wish_count: product.wish_count,
        opens_at: product.opens_at(),
        closes_at: product.closes_at(),
    }
}

/// Where the browser goes to log in, to come back with what was typed.
pub(super) fn with_count(path: &ProductPath, count: &str) -> String {
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("count", count).finish();
    format!("{}?{query}", path.address())
}
