//! Which segments are merged while the index follows MySQL.

use tantivy::SegmentMeta;
use tantivy::indexer::{MergeCandidate, MergePolicy};

/// Merges segments of about the same size, [`FAN_IN`] at a time, and rewrites those with many deletes. So a document is
/// written anew a few times in its life, and there are fewer than `FAN_IN` segments of each size.
#[derive(Debug)]
pub(crate) struct Tiers;

const FAN_IN: usize = 6;
/// Segments below this are all of one size.
const SMALLEST: u32 = 1_000;
/// What a build writes is not merged for its size: it would double the work of the build.
const LARGE: u32 = 400_000;
/// Deleted part of a segment that is worth rewriting it, and the deletes that are.
const DELETED: f64 = 0.25;
const MANY_DELETED: u32 = 1_000;

impl MergePolicy for Tiers {
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let mut candidates = Vec::new();
        let mut tiers: Vec<Vec<&SegmentMeta>> = Vec::new();
        for segment in segments {
            let deleted = segment.num_deleted_docs();
            if deleted >= MANY_DELETED && f64::from(deleted) > DELETED * f64::from(segment.max_doc()) {
                candidates.push(MergeCandidate(vec![segment.id()]));
            } else if segment.num_docs() < LARGE {
                let tier = tier(segment.num_docs());
                tiers.resize_with(tiers.len().max(tier + 1), Vec::new);
                tiers[tier].push(segment);
            }
        }
        let full = tiers.iter().filter(|tier| tier.len() >= FAN_IN);
        candidates.extend(full.map(|tier| MergeCandidate(tier.iter().map(|segment| segment.id()).collect())));
        candidates
    }
}

fn tier(documents: u32) -> usize {
    (documents / SMALLEST).max(1).ilog(FAN_IN as u32) as usize
}
