//! Did you mean: the valid name nearest to what was written.

/// The candidate nearest to `written`, if one is near enough to be a slip of the pen.
pub fn nearest<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = (written.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(written, candidate, limit), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// A remedy that names the nearest candidate, or all of them if none is near.
pub fn did_you_mean<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    if let Some(near) = nearest(written, candidates.clone()) {
        return format!("did you mean '{near}'?");
    }
    let all: Vec<&str> = candidates.into_iter().take(MAX_LISTED).collect();
    match all.as_slice() {
        [] => "there is none to choose from here".to_owned(),
        [only] => format!("write '{only}'"),
        all => format!("use one of: {}", all.join(", ")),
    }
}

const MAX_LISTED: usize = 24;

/// Edits (insert, delete, replace, swap neighbours) between two words, ignoring case; more than
/// `limit` is reported as `limit + 1`.
fn distance(a: &str, b: &str, limit: usize) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    if a.len().abs_diff(b.len()) > limit {
        return limit + 1;
    }
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            row.push(cell(&a, &b, &rows, &row, (i, j)));
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

fn cell(
    a: &[char],
    b: &[char],
    rows: &[Vec<usize>],
    row: &[usize],
    (i, j): (usize, usize),
) -> usize {
    let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
    let edit = replace.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
        edit.min(rows[i - 2][j - 2] + 1)
    } else {
        edit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        let names = ["cluster1", "cluster2", "network1"];
        assert_eq!(nearest("clutser1", names), Some("cluster1"));
        assert_eq!(nearest("Cluster2", names), Some("cluster2"));
        assert_eq!(nearest("netwrk1", names), Some("network1"));
        assert_eq!(nearest("frankfurt", names), None);
    }

    #[test]
    fn without_a_near_name_all_are_listed() {
        assert_eq!(did_you_mean("x9", ["a", "b"]), "use one of: a, b");
        assert_eq!(
            did_you_mean("sleap", ["sleep", "b"]),
            "did you mean 'sleep'?"
        );
    }
}
