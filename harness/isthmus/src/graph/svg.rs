//! A diagram as an SVG picture, drawn by hand: no layout engine draws boxes within boxes well, and
//! a topology is small.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{
    Diagram,
    diagram::{Arrow, Kind, Means, Thing},
    place::{LINE, MARGIN, Placed, Rect, place},
};

/// Draws a diagram.
pub fn draw(diagram: &Diagram) -> String {
    let placed = place(diagram);
    let mut svg = head(&placed, diagram);
    networks(&mut svg, &placed);
    placed
        .boxes
        .values()
        .for_each(|(thing, rect)| boxed(&mut svg, thing, *rect));
    arrows(&mut svg, &placed, &diagram.arrows);
    legend(&mut svg, &placed, &diagram.arrows);
    svg.push_str("</svg>\n");
    svg
}

/// Room for the legend, and for arrows that pass below the networks.
const LEGEND: i32 = 60;

fn head(placed: &Placed<'_>, diagram: &Diagram) -> String {
    let (width, height) = (placed.width.max(620), placed.height + LEGEND);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n<defs>\n"
    );
    for means in ALL {
        let _ = writeln!(
            svg,
            "<marker id=\"{}\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" \
             markerHeight=\"7\" orient=\"auto-start-reverse\"><path d=\"M0 0L10 5L0 10z\" \
             fill=\"{}\"/></marker>",
            marker(means),
            colour(means)
        );
    }
    svg.push_str("</defs>\n");
    text(
        &mut svg,
        (MARGIN, 36),
        &diagram.title,
        "font-size=\"20\" font-weight=\"bold\"",
    );
    svg
}

const ALL: [Means; 5] = [
    Means::Configures,
    Means::ReadsConfiguration,
    Means::Discovers,
    Means::Onboards,
    Means::Trusts,
];

fn colour(means: Means) -> &'static str {
    match means {
        Means::Configures => "#1f4e9c",
        Means::ReadsConfiguration => "#7a3fa0",
        Means::Discovers => "#2f7d4f",
        Means::Onboards => "#a86400",
        Means::Trusts => "#b02a37",
    }
}

fn dashes(means: Means) -> &'static str {
    match means {
        Means::Configures | Means::Onboards => "none",
        Means::ReadsConfiguration => "8 4",
        Means::Discovers => "4 4",
        Means::Trusts => "2 3",
    }
}

fn marker(means: Means) -> &'static str {
    match means {
        Means::Configures => "configures",
        Means::ReadsConfiguration => "reads",
        Means::Discovers => "discovers",
        Means::Onboards => "onboards",
        Means::Trusts => "trusts",
    }
}

fn networks(svg: &mut String, placed: &Placed<'_>) {
    for (network, rect) in &placed.networks {
        frame(
            svg,
            *rect,
            "fill=\"#f5f7fa\" stroke=\"#9aa5b1\" stroke-dasharray=\"6 4\" rx=\"12\"",
        );
        text(
            svg,
            (rect.x + 14, rect.y + 22),
            &network.name,
            "fill=\"#52606d\" font-style=\"italic\"",
        );
    }
}

fn boxed(svg: &mut String, thing: &Thing, rect: Rect) {
    let (fill, stroke) = match thing.kind {
        Kind::ControlPlane => ("#e3edfb", "#1f4e9c"),
        Kind::Remote => ("#eef7ee", "#2f7d4f"),
        Kind::Plain => ("#ffffff", "#7b8794"),
        Kind::Machine => ("#fff6e5", "#a86400"),
    };
    frame(
        svg,
        rect,
        &format!("fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"1.5\" rx=\"6\""),
    );
    let mut y = rect.y + LINE + 2;
    text(svg, (rect.x + 12, y), &thing.name, "font-weight=\"bold\"");
    y += LINE;
    text(svg, (rect.x + 12, y), &thing.role, "fill=\"#323f4b\"");
    for line in &thing.lines {
        y += LINE;
        text(svg, (rect.x + 12, y), line, "fill=\"#616e7c\"");
    }
    for gateway in &thing.gateways {
        y += LINE;
        text(
            svg,
            (rect.x + 12, y),
            &format!("◆ {gateway}"),
            "fill=\"#1f4e9c\"",
        );
    }
}

/// Arrows between one pair of boxes lie side by side, so that none hides another.
fn arrows(svg: &mut String, placed: &Placed<'_>, arrows: &[Arrow]) {
    let mut lanes: BTreeMap<(&str, &str), i32> = BTreeMap::new();
    for arrow in arrows {
        let (from, to) = (arrow.from.as_str(), arrow.to.as_str());
        let lane = lanes.entry((from.min(to), from.max(to))).or_default();
        if let (Some((_, a)), Some((_, b))) = (placed.boxes.get(from), placed.boxes.get(to)) {
            draw_arrow(svg, &path(placed, (*a, *b), *lane), arrow.means);
        }
        *lane += 1;
    }
}

/// How far arrows of one pair lie apart.
const LANE: i32 = 26;

fn draw_arrow(svg: &mut String, path: &str, means: Means) {
    let _ = writeln!(
        svg,
        "<path d=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" stroke-dasharray=\"{}\" \
         marker-end=\"url(#{})\"><title>{}</title></path>",
        colour(means),
        dashes(means),
        marker(means),
        means.word()
    );
}

fn path(placed: &Placed<'_>, (a, b): (Rect, Rect), lane: i32) -> String {
    if stands_between(placed, a, b) {
        return below(placed, a, b, lane);
    }
    match (a.right() < b.x, b.right() < a.x) {
        (true, _) => across((a.right(), side(a, lane)), (b.x, side(b, lane))),
        (_, true) => across((a.x, side(a, lane)), (b.right(), side(b, lane))),
        _ => along(a, b, lane),
    }
}

/// Whether another network lies between two boxes.
fn stands_between(placed: &Placed<'_>, a: Rect, b: Rect) -> bool {
    let (left, right) = if a.x < b.x {
        (a.right(), b.x)
    } else {
        (b.right(), a.x)
    };
    placed
        .networks
        .iter()
        .any(|(_, network)| network.x > left && network.right() < right)
}

/// Below everything, so that no box is crossed.
fn below(placed: &Placed<'_>, a: Rect, b: Rect, lane: i32) -> String {
    let at = |rect: Rect| rect.x + 60 + lane * LANE;
    let (x1, x2) = (at(a), at(b));
    let depth = placed.height + LEGEND / 2 + lane * 16;
    format!(
        "M{x1} {} C{x1} {depth} {x2} {depth} {x2} {}",
        a.bottom(),
        b.bottom()
    )
}

fn side(rect: Rect, lane: i32) -> i32 {
    (rect.y + 24 + lane * LANE).min(rect.bottom() - 8)
}

fn across((x1, y1): (i32, i32), (x2, y2): (i32, i32)) -> String {
    let bend = (x1 + x2) / 2;
    format!("M{x1} {y1} C{bend} {y1} {bend} {y2} {x2} {y2}")
}

/// Between boxes of one network: down or up, or around what stands between.
fn along(a: Rect, b: Rect, lane: i32) -> String {
    let (upper, lower) = if a.y < b.y { (a, b) } else { (b, a) };
    if lower.y - upper.bottom() > NEXT_TO {
        return around(a, b, lane);
    }
    let x = upper.x + 40 + lane * LANE;
    let (start, end) = if a.y < b.y {
        (upper.bottom(), lower.y)
    } else {
        (lower.y, upper.bottom())
    };
    format!("M{x} {start} L{x} {end}")
}

/// Boxes further apart than this have another one between them.
const NEXT_TO: i32 = 6 * LINE;

fn around(a: Rect, b: Rect, lane: i32) -> String {
    let spread = lane * 14;
    let (from, to) = (a.centre().1 + spread, b.centre().1 - spread);
    let out = a.right().max(b.right()) + 44 + 2 * spread;
    format!(
        "M{} {from} C{out} {from} {out} {to} {} {to}",
        a.right(),
        b.right()
    )
}

fn legend(svg: &mut String, placed: &Placed<'_>, arrows: &[Arrow]) {
    let used = ALL
        .into_iter()
        .filter(|means| arrows.iter().any(|arrow| arrow.means == *means));
    let (mut x, y) = (MARGIN, placed.height + LEGEND - 20);
    for means in used {
        let _ = writeln!(
            svg,
            "<line x1=\"{x}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" stroke=\"{}\" stroke-width=\"2\" \
             stroke-dasharray=\"{}\" marker-end=\"url(#{})\"/>",
            x + 36,
            colour(means),
            dashes(means),
            marker(means)
        );
        text(svg, (x + 44, y + 4), means.word(), "fill=\"#323f4b\"");
        x += 44 + i32::try_from(means.word().len()).unwrap_or(0) * 8 + 24;
    }
}

fn frame(svg: &mut String, rect: Rect, style: &str) {
    let Rect {
        x,
        y,
        width,
        height,
    } = rect;
    let _ = writeln!(
        svg,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" {style}/>"
    );
}

fn text(svg: &mut String, (x, y): (i32, i32), words: &str, style: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(svg, "<text x=\"{x}\" y=\"{y}\" {style}>{words}</text>");
}
