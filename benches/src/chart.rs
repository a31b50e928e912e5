//! A chart of lines over two logarithmic axes, as SVG.

use std::fmt::Write;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 520.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 260.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 60.0;
/// Between the lines of text at the right edge.
const LABEL_GAP: f64 = 15.0;
/// Colours that can be told apart by most people, after Okabe and Ito.
const COLOURS: [&str; 8] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8a6d3b"];

/// A line: its name and its points, ascending by the first coordinate.
#[derive(Clone, Debug)]
pub struct Line {
    /// Stands at its right end.
    pub name: String,
    /// Both coordinates are above 0.
    pub points: Vec<(f64, f64)>,
}

/// A chart with a title and what its axes are; `ticks` are the places named at the lower axis.
#[must_use]
pub fn svg(title: &str, axes: (&str, &str), ticks: &[(f64, String)], lines: &[Line]) -> String {
    let all = || lines.iter().flat_map(|line| &line.points);
    let across = Axis::over(all().map(|(x, _)| *x), LEFT, WIDTH - RIGHT);
    // Whole powers of ten at both ends.
    let bounds = all().flat_map(|(_, y)| [y.log10().floor(), y.log10().ceil()]);
    let up = Axis::over(bounds.map(|power| 10f64.powf(power)), HEIGHT - BOTTOM, TOP);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n"
    );
    let middle = (LEFT + WIDTH - RIGHT) / 2.0;
    text(&mut out, (middle, 24.0), "middle", "#000", title);
    text(&mut out, (middle, HEIGHT - 12.0), "middle", "#000", axes.0);
    text(&mut out, (LEFT, TOP - 12.0), "middle", "#000", axes.1);
    for (x, name) in ticks {
        let x = across.place(*x);
        rule(&mut out, (x, TOP), (x, HEIGHT - BOTTOM));
        for (nth, part) in name.split('\n').enumerate() {
            let y = HEIGHT - BOTTOM + 16.0 + nth as f64 * 13.0;
            text(&mut out, (x, y), "middle", "#444", part);
        }
    }
    let (first, last) = (up.low.round() as i32, up.high.round() as i32);
    for power in first..=last {
        let y = up.place(10f64.powi(power));
        rule(&mut out, (LEFT, y), (WIDTH - RIGHT, y));
        text(&mut out, (LEFT - 6.0, y + 4.0), "end", "#444", &format!("{}", 10f64.powi(power)));
    }
    for ((line, colour), label) in lines.iter().zip(COLOURS.iter().cycle()).zip(labels(lines, &up))
    {
        let points: Vec<String> = line
            .points
            .iter()
            .map(|(x, y)| format!("{:.1},{:.1}", across.place(*x), up.place(*y)))
            .collect();
        let points = points.join(" ");
        let _ = writeln!(
            out,
            "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>"
        );
        text(&mut out, (WIDTH - RIGHT + 8.0, label + 4.0), "start", colour, &line.name);
    }
    out.push_str("</svg>\n");
    out
}

/// A logarithmic axis: the powers of ten at its ends, and where these are drawn.
struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Self {
        let low = values.clone().fold(f64::INFINITY, f64::min).log10();
        let high = values.fold(0.0, f64::max).log10();
        Self { low, high, from, to }
    }

    fn place(&self, value: f64) -> f64 {
        let share = (value.log10() - self.low) / (self.high - self.low).max(f64::EPSILON);
        self.from + share * (self.to - self.from)
    }
}

/// How high the name of each line stands: at its end, moved so that no two overlap.
fn labels(lines: &[Line], up: &Axis) -> Vec<f64> {
    let end = |line: &Line| line.points.last().map_or(TOP, |(_, y)| up.place(*y));
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by(|a, b| end(&lines[*a]).total_cmp(&end(&lines[*b])));
    let mut places = vec![0.0; lines.len()];
    let mut next = f64::NEG_INFINITY;
    for at in order {
        places[at] = end(&lines[at]).max(next);
        next = places[at] + LABEL_GAP;
    }
    places
}

fn rule(out: &mut String, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    let _ = writeln!(
        out,
        "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#ddd\"/>"
    );
}

fn text(out: &mut String, (x, y): (f64, f64), anchor: &str, colour: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{words}</text>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, points: &[(f64, f64)]) -> Line {
        Line { name: name.to_owned(), points: points.to_vec() }
    }

    #[test]
    fn a_tenfold_is_as_wide_everywhere() {
        let lines = [line("a < b", &[(1.0, 10.0), (10.0, 10.0), (100.0, 1_000.0)])];
        let drawn = svg("growth", ("events", "us"), &[(1.0, "1".to_owned())], &lines);
        assert!(drawn.contains("points=\"70.0,460.0 355.0,460.0 640.0,50.0\""), "{drawn}");
        assert!(drawn.contains("a &lt; b"));
    }

    #[test]
    fn names_do_not_overlap() {
        let lines = [line("a", &[(1.0, 10.0)]), line("b", &[(1.0, 10.0)])];
        let up = Axis { low: 0.0, high: 2.0, from: 400.0, to: 0.0 };
        assert_eq!(labels(&lines, &up), [200.0, 215.0]);
    }
}
