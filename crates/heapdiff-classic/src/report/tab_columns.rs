//! Columns that are as wide as what is in them, as Go's `text/tabwriter` makes them.
//!
//! A tab ends a cell. Cells at the same place of adjacent lines form a column; what follows a line's last tab belongs to
//! none.

/// Aligns the cells of `text` to the right, with at least one space before each.
pub(super) fn align_right(text: &str) -> String {
    let mut lines: Vec<Vec<&str>> =
        text.split(['\n', '\x0c']).map(|line| line.split(['\t', '\x0b']).collect()).collect();
    // What follows the last line break is a line only if there is something.
    let has_last = lines.last().is_some_and(|line| line.as_slice() != [""]);
    if !has_last {
        lines.pop();
    }
    let mut output = String::with_capacity(text.len() * 2);
    format(&lines, &mut Vec::new(), &mut output);
    if has_last {
        output.pop();
    }
    output
}

/// Writes lines whose first cells have known widths.
fn format(lines: &[Vec<&str>], widths: &mut Vec<usize>, output: &mut String) {
    let column = widths.len();
    let cell = |line: &Vec<&str>| {
        (line.len() > column + 1).then(|| line.get(column).map_or(0, |text| text.chars().count()))
    };
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let is_in_column = cell(first).is_some();
        let length = rest.iter().take_while(|line| cell(line).is_some() == is_in_column).count();
        let (block, after) = rest.split_at(length);
        rest = after;
        if is_in_column {
            widths.push(block.iter().filter_map(cell).max().unwrap_or(0) + 1);
            format(block, widths, output);
            widths.pop();
        } else {
            block.iter().for_each(|line| push_line(line, widths, output));
        }
    }
}

fn push_line(line: &[&str], widths: &[usize], output: &mut String) {
    for (index, cell) in line.iter().enumerate() {
        match widths.get(index) {
            Some(&width) => output.push_str(&format!("{cell:>width$}")),
            None => output.push_str(cell),
        }
    }
    output.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_ends_where_a_line_has_no_cell_in_it() {
        let text = "key:\t Total\n \ta (1%):\t x\n \tbbb:\t y\n\nk:\t T\n \tc:\t z\n";
        let expected = " key: Total\n      a (1%): x\n         bbb: y\n\n k: T\n    c: z\n";
        assert_eq!(align_right(text), expected);
    }
}
