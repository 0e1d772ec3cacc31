//! What a search tells besides its page: how the keyword was read, what else would be found, how the matches divide.

use openrace_index::{Correction, CorrectionKind, Facets, Page, PriceBand, Status};
use serde::Serialize;
use utoipa::ToSchema;

/// Absent are those that there is nothing to say of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Explanation<'a> {
    /// How the keyword was changed; `exact=true` switches it off.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    corrections: Vec<CorrectionBody<'a>>,
    /// What parts of a keyword would find that finds nothing as a whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    offers: Vec<OfferBody<'a>>,
    /// What was asked for with `facets`.
    #[serde(skip_serializing_if = "Option::is_none")]
    facets: Option<FacetsBody<'a>>,
}

impl<'a> From<&'a Page> for Explanation<'a> {
    fn from(page: &'a Page) -> Self {
        let offer = |(keyword, count): &'a (String, u64)| OfferBody { keyword, total_elements: *count };
        Self {
            corrections: page.corrections.iter().map(CorrectionBody::from).collect(),
            offers: page.offers.iter().map(offer).collect(),
            facets: page.facets.as_ref().map(FacetsBody::from),
        }
    }
}

/// A change of the keyword.
#[derive(Debug, Serialize, ToSchema)]
struct CorrectionBody<'a> {
    /// layout, chosung, completion, typo or synonym.
    kind: &'static str,
    /// As it was typed.
    from: &'a str,
    /// As it was read.
    to: &'a str,
}

impl<'a> From<&'a Correction> for CorrectionBody<'a> {
    fn from(correction: &'a Correction) -> Self {
        let kind = match correction.kind {
            CorrectionKind::Layout => "layout",
            CorrectionKind::Chosung => "chosung",
            CorrectionKind::Completion => "completion",
            CorrectionKind::Typo => "typo",
            CorrectionKind::Synonym => "synonym",
        };
        Self { kind, from: &correction.from, to: &correction.to }
    }
}

/// A keyword that finds something.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OfferBody<'a> {
    keyword: &'a str,
    total_elements: u64,
}

/// Exact counts under all filters; those that were not asked for are absent.
#[derive(Debug, Serialize, ToSchema)]
struct FacetsBody<'a> {
    /// The largest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    category: Vec<CountBody<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    status: Vec<CountBody<'a>>,
    /// The cheapest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    price: Vec<PriceBandBody>,
    /// The twenty largest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    brand: Vec<CountBody<'a>>,
}

#[derive(Debug, Serialize, ToSchema)]
struct CountBody<'a> {
    value: &'a str,
    count: u64,
}

/// Prices from `from` (included) to `to` (excluded; absent in the last band).
#[derive(Debug, Serialize, ToSchema)]
struct PriceBandBody {
    from: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<i64>,
    count: u64,
}

impl<'a> From<&'a Facets> for FacetsBody<'a> {
    fn from(facets: &'a Facets) -> Self {
        let counts = |counts: &'a [(String, u64)]| -> Vec<CountBody<'a>> {
            counts.iter().map(|(value, count)| CountBody { value, count: *count }).collect()
        };
        let name = |status| match status {
            Status::Waiting => "WAITING",
            Status::Open => "OPEN",
            Status::Close => "CLOSE",
        };
        let band = |&PriceBand { from, to, count }: &PriceBand| PriceBandBody { from, to, count };
        Self {
            category: counts(&facets.categories),
            status: facets.statuses.iter().map(|&(status, count)| CountBody { value: name(status), count }).collect(),
            price: facets.prices.iter().map(band).collect(),
            brand: counts(&facets.malls),
        }
    }
}
