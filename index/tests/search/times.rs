//! Sales that open and close by the clock.

use openrace_index::{FacetRequest, Product, ProductQuery, Start, Status};

use crate::build;
use crate::support::{NOW, product};

#[test]
fn a_sale_opens_and_closes_on_its_millisecond() {
    let (_folder, catalog) = build(&[product(1, "나이키")], 1);
    let total = |status, now| {
        let query = ProductQuery { status: Some(status), ..ProductQuery::default() };
        catalog.search(&query, &Start::Offset(0), 1, now).unwrap().total
    };
    for (now, status) in [(NOW - 1, Status::Waiting), (NOW, Status::Open), (NOW + 1, Status::Close)] {
        for asked in [Status::Waiting, Status::Open, Status::Close] {
            assert_eq!(total(asked, now), u64::from(asked == status), "{asked:?} at {now}");
        }
    }
    assert_eq!(catalog.still_time(NOW - 5), i64::MIN..NOW);
    assert_eq!(catalog.still_time(NOW), NOW..NOW + 1);
    assert_eq!(catalog.still_time(NOW + 5), NOW + 1..i64::MAX);
}

#[test]
fn while_no_sale_turns_every_moment_has_the_same_answers() {
    let products: Vec<Product> = (1..60)
        .map(|id| Product { opens_at: NOW + id * 7 % 40, closes_at: NOW + id * 13 % 50, ..product(id, "나이키") })
        .collect();
    let (_folder, catalog) = build(&products, 3);
    let facets = FacetRequest { status: true, ..FacetRequest::default() };
    let query = ProductQuery { facets, ..ProductQuery::default() };
    let statuses = |now| catalog.search(&query, &Start::Offset(0), 1, now).unwrap().facets.unwrap().statuses;
    let mut now = NOW - 1;
    let mut turns = 0;
    while catalog.still_time(now).end < i64::MAX {
        let still = catalog.still_time(now);
        assert_eq!(still.start.max(NOW - 1), now);
        for later in now..still.end {
            assert_eq!((catalog.still_time(later), statuses(later)), (still.clone(), statuses(now)));
        }
        assert_ne!(statuses(still.end), statuses(now));
        (now, turns) = (still.end, turns + 1);
    }
    assert!(turns > 30, "{turns}");
}
