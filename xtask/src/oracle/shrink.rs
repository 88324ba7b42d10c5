//! The smallest input that still shows a difference.

use std::iter::successors;

use super::input::{Grain, Input};

/// Takes out ever smaller parts, first of files, then of lines, then of bytes, as long as the difference stays. `shows`
/// is asked about many inputs at once; when it fails, so do we.
pub fn shrink<I: Input, E>(mut input: I, mut shows: impl FnMut(&[I]) -> Result<Vec<bool>, E>) -> Result<I, E> {
    for grain in [Grain::Files, Grain::Lines, Grain::Bytes] {
        let mut parts = input.pieces(grain).div_ceil(2);
        while parts > 0 {
            let starts = (0..input.pieces(grain)).step_by(parts);
            let without = |start: usize| input.without(grain, start..start + parts);
            let shown = shows(&starts.clone().map(without).collect::<Vec<I>>())?;
            let dispensable: Vec<usize> =
                starts.zip(shown).filter_map(|(start, shown)| shown.then_some(start)).collect();
            if dispensable.is_empty() {
                parts /= 2;
            } else {
                // What can go alone can often go together: all, a half, a quarter, at least one.
                let counts =
                    successors(Some(dispensable.len()), |count| Some(count / 2)).take_while(|count| *count > 0);
                let all_without = |count: usize| {
                    let gone = dispensable[..count].iter().rev();
                    gone.fold(input.clone(), |input, start| input.without(grain, *start..*start + parts))
                };
                let mut fewer: Vec<I> = counts.map(all_without).collect();
                let smaller = shows(&fewer)?.iter().position(|shown| *shown).unwrap_or(fewer.len() - 1);
                input = fewer.swap_remove(smaller);
            }
            parts = parts.min(input.pieces(grain));
        }
    }
    Ok(input)
}
