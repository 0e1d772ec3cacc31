//! What a search tells besides its page: how the keyword was read, what else would be found, how the matches divide.

use openrace_index::{Correction, CorrectionKind, Facets, PriceBand, Status};
use serde::Serialize;
use utoipa::ToSchema;

/// Absent are those that there is nothing to say of.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Explanation {
    /// How the keyword was changed; `exact=true` switches it off.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    corrections: Vec<CorrectionBody>,
    /// What parts of a keyword would find that finds nothing as a whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    offers: Vec<OfferBody>,
    /// What was asked for with `facets`.
    #[serde(skip_serializing_if = "Option::is_none")]
    facets: Option<FacetsBody>,
}

impl Explanation {
    pub(crate) fn new(corrections: Vec<Correction>, offers: Vec<(String, u64)>, facets: Option<Facets>) -> Self {
        let offer = |(keyword, total_elements)| OfferBody { keyword, total_elements };
        Self {
            corrections: corrections.into_iter().map(CorrectionBody::from).collect(),
            offers: offers.into_iter().map(offer).collect(),
            facets: facets.map(FacetsBody::from),
        }
    }
}

/// A change of the keyword.
#[derive(Debug, Serialize, ToSchema)]
struct CorrectionBody {
    /// layout, chosung, completion, typo or synonym.
    kind: &'static str,
    /// As it was typed.
    from: String,
    /// As it was read.
    to: String,
}

impl From<Correction> for CorrectionBody {
    fn from(correction: Correction) -> Self {
        let kind = match correction.kind {
            CorrectionKind::Layout => "layout",
            CorrectionKind::Chosung => "chosung",
            CorrectionKind::Completion => "completion",
            CorrectionKind::Typo => "typo",
            CorrectionKind::Synonym => "synonym",
        };
        Self { kind, from: correction.from, to: correction.to }
    }
}

/// A keyword that finds something.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OfferBody {
    keyword: String,
    total_elements: u64,
}

/// Exact counts under all filters; those that were not asked for are absent.
#[derive(Debug, Serialize, ToSchema)]
struct FacetsBody {
    /// The largest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    category: Vec<CountBody>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    status: Vec<CountBody>,
    /// The cheapest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    price: Vec<PriceBandBody>,
    /// The twenty largest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    brand: Vec<CountBody>,
}

#[derive(Debug, Serialize, ToSchema)]
struct CountBody {
    value: String,
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

impl From<Facets> for FacetsBody {
    fn from(facets: Facets) -> Self {
        let counts = |counts: Vec<(String, u64)>| -> Vec<CountBody> {
            counts.into_iter().map(|(value, count)| CountBody { value, count }).collect()
        };
        let name = |status| match status {
            Status::Waiting => "WAITING",
            Status::Open => "OPEN",
            Status::Close => "CLOSE",
        };
        let band = |PriceBand { from, to, count }| PriceBandBody { from, to, count };
        Self {
            category: counts(facets.categories),
            status: counts(
                facets.statuses.into_iter().map(|(status, count)| (name(status).to_owned(), count)).collect(),
            ),
            price: facets.prices.into_iter().map(band).collect(),
            brand: counts(facets.malls),
        }
    }
}
