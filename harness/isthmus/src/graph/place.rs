//! Where everything stands in the picture: networks side by side, boxes below one another.

use std::collections::BTreeMap;

use super::{
    Diagram,
    diagram::{Network, Thing},
};

/// A rectangle, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// Every network and box, and the size of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed<'a> {
    pub(super) networks: Vec<(&'a Network, Rect)>,
    pub(super) boxes: BTreeMap<&'a str, (&'a Thing, Rect)>,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// A line of text.
pub(super) const LINE: i32 = 18;
/// Around everything.
pub(super) const MARGIN: i32 = 24;
/// Where the first network begins, below the title.
const TOP: i32 = 64;
/// Between boxes, wide enough for the label of an arrow.
const GAP: i32 = 70;
/// Between networks, likewise.
const CHANNEL: i32 = 170;
/// Width of a character of the small font, rounded up.
const CHARACTER: i32 = 8;

impl Rect {
    pub(super) fn centre(self) -> (i32, i32) {
        (self.x + self.width / 2, self.y + self.height / 2)
    }

    pub(super) fn right(self) -> i32 {
        self.x + self.width
    }

    pub(super) fn bottom(self) -> i32 {
        self.y + self.height
    }
}

/// Finds a place for everything.
pub(super) fn place(diagram: &Diagram) -> Placed<'_> {
    let (mut networks, mut boxes) = (Vec::new(), BTreeMap::new());
    let (mut x, mut height) = (MARGIN, 0);
    for network in &diagram.networks {
        let width = network_width(network);
        let mut y = TOP + 2 * LINE;
        for thing in &network.boxes {
            let rect = Rect {
                x: x + MARGIN,
                y,
                width: width - 2 * MARGIN,
                height: height_of(thing),
            };
            y = rect.bottom() + GAP;
            boxes.insert(thing.id.as_str(), (thing, rect));
        }
        let bottom = (y - GAP).max(TOP + 3 * LINE) + MARGIN;
        networks.push((
            network,
            Rect {
                x,
                y: TOP,
                width,
                height: bottom - TOP,
            },
        ));
        height = height.max(bottom);
        x += width + CHANNEL;
    }
    // The frames of all networks end at one height, which reads better than steps.
    networks
        .iter_mut()
        .for_each(|(_, rect)| rect.height = height - TOP);
    let width = x - CHANNEL + MARGIN;
    Placed {
        networks,
        boxes,
        width,
        height: height + MARGIN,
    }
}

fn network_width(network: &Network) -> i32 {
    let texts = network.boxes.iter().flat_map(texts);
    let longest = texts
        .chain([network.name.as_str()])
        .map(|text| text.chars().count())
        .max();
    let longest = i32::try_from(longest.unwrap_or(0)).unwrap_or(i32::MAX / CHARACTER);
    (longest * CHARACTER + 2 * LINE).max(180) + 2 * MARGIN
}

fn texts(thing: &Thing) -> impl Iterator<Item = &str> {
    let lines = thing
        .lines
        .iter()
        .chain(&thing.gateways)
        .map(String::as_str);
    [thing.name.as_str(), thing.role.as_str()]
        .into_iter()
        .chain(lines)
}

fn height_of(thing: &Thing) -> i32 {
    let lines = 2 + thing.lines.len() + thing.gateways.len();
    i32::try_from(lines).unwrap_or(i32::MAX / 64) * LINE + LINE
}
