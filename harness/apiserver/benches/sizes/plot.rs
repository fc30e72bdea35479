//! A chart of figures over sizes, both on logarithmic scales, as SVG.

use std::fmt::Write;

/// One line of the chart.
pub(crate) struct Series<'a> {
    pub(crate) name: &'a str,
    /// Size and figure, both positive.
    pub(crate) points: Vec<(f64, f64)>,
}

/// What the axes are of.
pub(crate) struct Axes {
    pub(crate) sizes: &'static str,
    /// The unit of the figures.
    pub(crate) unit: &'static str,
}

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 250.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 50.0;
/// Told apart by people who do not see all colours (Okabe and Ito).
const COLOURS: [&str; 5] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"];

/// Powers of ten between which the figures lie.
struct Scale {
    from: f64,
    to: f64,
}

impl Scale {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let least = values.clone().fold(f64::INFINITY, f64::min);
        let most = values.fold(f64::MIN_POSITIVE, f64::max);
        Self {
            from: least.log10().floor(),
            to: most.log10().ceil(),
        }
    }

    /// Where a value lies, from 0 to 1.
    fn place(&self, value: f64) -> f64 {
        (value.log10() - self.from) / (self.to - self.from).max(1.0)
    }

    fn powers(&self) -> impl Iterator<Item = f64> {
        let (from, to) = (self.from, self.to);
        (0..)
            .map(move |i| from + f64::from(i))
            .take_while(move |power| *power <= to)
            .map(|power| 10_f64.powf(power))
    }
}

/// Draws the chart.
pub(crate) fn svg(axes: &Axes, series: &[Series<'_>]) -> String {
    let points = || series.iter().flat_map(|series| series.points.iter());
    let sizes = Scale::of(points().map(|(size, _)| *size));
    let figures = Scale::of(points().map(|(_, figure)| *figure));
    let x = |size: f64| LEFT + sizes.place(size) * (WIDTH - LEFT - RIGHT);
    let y = |figure: f64| HEIGHT - BOTTOM - figures.place(figure) * (HEIGHT - TOP - BOTTOM);
    let mut out = head();
    for size in sizes.powers() {
        rule(&mut out, (x(size), TOP), (x(size), HEIGHT - BOTTOM));
        let below = (x(size), HEIGHT - BOTTOM + 18.0);
        text(&mut out, below, "middle", &size.to_string());
    }
    for figure in figures.powers() {
        rule(&mut out, (LEFT, y(figure)), (WIDTH - RIGHT, y(figure)));
        let beside = (LEFT - 8.0, y(figure) + 4.0);
        text(&mut out, beside, "end", &format!("{figure} {}", axes.unit));
    }
    text(&mut out, (LEFT, HEIGHT - 8.0), "start", axes.sizes);
    for (i, (series, colour)) in series.iter().zip(COLOURS).enumerate() {
        let points = series.points.iter();
        let points: Vec<String> = points
            .map(|(size, figure)| format!("{:.1},{:.1}", x(*size), y(*figure)))
            .collect();
        line(&mut out, &points, colour);
        legend(&mut out, i, series.name, colour);
    }
    out.push_str("</svg>\n");
    out
}

fn head() -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n"
    )
}

fn rule(out: &mut String, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    let _ = writeln!(
        out,
        "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#dddddd\"/>"
    );
}

fn text(out: &mut String, (x, y): (f64, f64), anchor: &str, words: &str) {
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>"
    );
}

fn line(out: &mut String, points: &[String], colour: &str) {
    let _ = writeln!(
        out,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
        points.join(" ")
    );
}

fn legend(out: &mut String, place: usize, name: &str, colour: &str) {
    let place = u32::try_from(place).map_or(0.0, f64::from);
    let (x, y) = (WIDTH - RIGHT + 20.0, TOP + 10.0 + place * 22.0);
    let ends = [format!("{x},{y}"), format!("{},{y}", x + 24.0)];
    line(out, &ends, colour);
    text(out, (x + 32.0, y + 4.0), "start", name);
}
