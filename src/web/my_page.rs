//! A member's purchases and wishes.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};

use super::{
    fields::Fields,
    page::{Frame, show},
    pager::{Links, Pager},
    picture,
    visitor::Visitor,
};
use crate::{
    app::App,
    error::Problem,
    orders::{self, ListedOrder, Outcome},
    page::PageRequest,
    wishes::{self, WishedProduct},
};

const ADDRESS: &str = "/openrun/mypage";
const PAGE_SIZE: u32 = 10;

#[derive(Template)]
#[template(path = "my_page.html")]
struct MyPage {
    frame: Frame,
    purchases: Vec<ListedOrder>,
    purchase_pager: Pager,
    wishes: Vec<WishedProduct>,
    wish_pager: Pager,
    cancelled: bool,
}

impl MyPage {
    fn purchase_links(&self) -> Links {
        let wishes = self.wish_pager.current;
        self.purchase_pager.links(|page| format!("{ADDRESS}?purchases={page}&wishes={wishes}#purchases"))
    }

    fn wish_links(&self) -> Links {
        let purchases = self.purchase_pager.current;
        self.wish_pager.links(|page| format!("{ADDRESS}?purchases={purchases}&wishes={page}#wishes"))
    }

    fn is_bought(&self, order: &ListedOrder) -> bool {
        order.order_status == Outcome::Success
    }

    /// When it was decided, to the minute.
    fn minute(&self, order: &ListedOrder) -> String {
        order.modified_at.chars().take("2026-11-22T09:00".len()).collect::<String>().replace('T', " ")
    }

    fn total(&self, order: &ListedOrder) -> i64 {
        order.price.saturating_mul(order.count.into())
    }

    fn picture(&self, wish: &WishedProduct) -> String {
        picture::address(wish.id)
    }

    fn image(&self, wish: &WishedProduct) -> String {
        picture::or_drawn(wish.product_image.clone(), wish.id)
    }
}

/// Shows what the member bought and wishes; nobody else sees it.
pub(super) async fn my_page(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Problem> {
    let Some(member) = visitor.known()? else { return Ok(visitor.to_login(&visitor.address)) };
    // A number that is none opens the first page.
    let number = |name| fields.text(name).parse::<u32>().unwrap_or(1).clamp(1, i32::MAX as u32);
    let (purchases_page, wishes_page) = (number("purchases"), number("wishes"));
    let [of_purchases, of_wishes] = [purchases_page, wishes_page].map(|page| PageRequest::new(page - 1, PAGE_SIZE));
    let (purchases, wishes) = tokio::try_join!(
        orders::orders_of(&app, member.id, &of_purchases),
        wishes::wishes_of(&app, member.id, &of_wishes),
    )?;
    let (last_purchases, last_wishes) =
        (Pager::last(purchases.total, PAGE_SIZE.into()), Pager::last(wishes.total, PAGE_SIZE.into()));
    if u64::from(purchases_page) > last_purchases || u64::from(wishes_page) > last_wishes {
        let (purchases, wishes) = (last_purchases.min(purchases_page.into()), last_wishes.min(wishes_page.into()));
        return Ok(Redirect::to(&format!("{ADDRESS}?purchases={purchases}&wishes={wishes}")).into_response());
    }
    let page = MyPage {
        frame: Frame::new(&visitor),
        purchase_pager: Pager::new(purchases_page.into(), purchases.total, PAGE_SIZE.into()),
        purchases: purchases.items,
        wish_pager: Pager::new(wishes_page.into(), wishes.total, PAGE_SIZE.into()),
        wishes: wishes.items,
        cancelled: fields.is_checked("cancelled"),
    };
    // Whoever comes after a logout does not see it by going back.
    Ok(([(header::CACHE_CONTROL, "no-store")], show(StatusCode::OK, &page)).into_response())
}
