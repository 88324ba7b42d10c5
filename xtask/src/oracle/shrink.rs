//! The smallest input that still shows a difference.

use super::input::{Grain, Input};

/// Takes out ever smaller parts, first of files, then of lines, then of bytes, as long as the difference stays. `shows`
/// is asked about many inputs at once; when it fails, so do we.
pub fn shrink<I: Input, E>(mut input: I, mut shows: impl FnMut(&[I]) -> Result<Vec<bool>, E>) -> Result<I, E> {
    for grain in [Grain::Files, Grain::Lines, Grain::Bytes] {
        let mut parts = input.pieces(grain).div_ceil(2);
        while parts > 0 {
            let starts = (0..input.pieces(grain)).step_by(parts);
            let without: Vec<I> = starts.map(|start| input.without(grain, start..start + parts)).collect();
            match shows(&without)?.iter().position(|shown| *shown) {
                Some(smaller) => input = without[smaller].clone(),
                None => parts /= 2,
            }
            parts = parts.min(input.pieces(grain));
        }
    }
    Ok(input)
}
