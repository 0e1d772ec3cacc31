//! Where a run of numbers that satisfy a condition ends.

/// The first of the numbers below `len` of which `holds` is false; `len` if of none.
pub(crate) fn partition_point(len: u32, holds: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// The same, and sooner the nearer it is to `likely`.
pub(crate) fn partition_point_near(len: u32, likely: u32, mut holds: impl FnMut(u32) -> bool) -> u32 {
    let (mut low, mut high, mut step) = (0, len, 0);
    let mut probe = likely.min(len.saturating_sub(1));
    while low < high {
        let held = holds(probe);
        if held {
            low = probe + 1;
        } else {
            high = probe;
        }
        // On from there in growing steps, which end in the middle of what is left.
        let away = step.min((high - low) / 2);
        probe = if held { low + away } else { high.saturating_sub(1 + away) };
        step = 2 * step + 1;
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_point_is_found_from_any_guess() {
        for len in 0..70 {
            for (point, likely) in (0..=len).flat_map(|point| (0..=len + 1).map(move |likely| (point, likely))) {
                let mut looks = 0;
                let found = partition_point_near(len, likely, |number| {
                    assert!(number < len);
                    looks += 1;
                    number < point
                });
                assert_eq!(found, point, "of {len} from {likely}");
                assert!(looks <= 14, "{looks} looks for {point} of {len} from {likely}");
                assert!(point.abs_diff(likely) > 1 || looks <= 4, "{looks} looks for {point} of {len} from {likely}");
            }
        }
    }
}
