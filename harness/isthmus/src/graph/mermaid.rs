//! A diagram in Mermaid's words, which Git hosts and wikis draw.

use std::fmt::Write as _;

use super::{
    Diagram,
    diagram::{Arrow, Means, Thing},
};

/// Draws a diagram as a Mermaid flowchart.
pub fn draw(diagram: &Diagram) -> String {
    let mut text = String::from("flowchart LR\n");
    for (i, network) in diagram.networks.iter().enumerate() {
        let _ = writeln!(text, "  subgraph net{i} [\"{}\"]", escaped(&network.name));
        network
            .boxes
            .iter()
            .for_each(|thing| boxed(&mut text, thing));
        text.push_str("  end\n");
    }
    diagram
        .arrows
        .iter()
        .for_each(|arrow| line(&mut text, arrow));
    text
}

fn boxed(text: &mut String, thing: &Thing) {
    let lines = [
        format!("<b>{}</b>", escaped(&thing.name)),
        escaped(&thing.role),
    ]
    .into_iter();
    let details = thing
        .lines
        .iter()
        .chain(&thing.gateways)
        .map(|line| escaped(line));
    let label: Vec<String> = lines.chain(details).collect();
    let _ = writeln!(text, "    {}[\"{}\"]", id(&thing.id), label.join("<br/>"));
}

fn line(text: &mut String, arrow: &Arrow) {
    let shaft = match arrow.means {
        Means::Configures => "==>",
        Means::Discovers | Means::ReadsConfiguration => "-.->",
        Means::Onboards | Means::Trusts => "-->",
    };
    let (from, to, word) = (id(&arrow.from), id(&arrow.to), arrow.means.word());
    let _ = writeln!(text, "  {from} {shaft}|{word}| {to}");
}

/// Mermaid's identifiers are words.
fn id(text: &str) -> String {
    text.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

fn escaped(text: &str) -> String {
    text.replace('"', "#quot;").replace('<', "#lt;")
}
