//! From text to trees.

use std::collections::BTreeMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, Tag};

use super::tree::{Entry, Node, Position, Scalar, Style, Value};

/// How deeply mappings and lists may be nested.
const MAX_DEPTH: usize = 64;
/// How much a file may hold once its aliases are expanded: one per value, and one per 64 bytes of
/// text.
const MAX_WEIGHT: usize = 150_000;

/// Why a text is not YAML that we read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The text is not YAML.
    #[error("this is not YAML: {why}")]
    Syntax {
        /// Where.
        at: Position,
        /// What the parser says.
        why: String,
    },
    /// Mappings and lists are nested too deeply.
    #[error("mappings and lists are nested more than {MAX_DEPTH} deep")]
    TooDeep {
        /// Where the limit is passed.
        at: Position,
    },
    /// There is too much in it once its aliases are expanded.
    #[error("the file holds too much once its aliases are expanded")]
    TooMuch {
        /// Where the limit is passed.
        at: Position,
    },
    /// A key is a list or a mapping.
    #[error("a key must be a text, not a list or a mapping")]
    ComplexKey {
        /// Where.
        at: Position,
    },
    /// A tag that means nothing here.
    #[error("the tag '{tag}' means nothing here")]
    Tag {
        /// Where.
        at: Position,
        /// The tag.
        tag: String,
    },
}

impl ParseError {
    /// Where it is.
    pub fn at(&self) -> Position {
        match self {
            Self::Syntax { at, .. }
            | Self::TooDeep { at }
            | Self::TooMuch { at }
            | Self::ComplexKey { at }
            | Self::Tag { at, .. } => *at,
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => {
                "check the indentation, and quote texts that contain ': ', ' #' or begin with a \
                 special character"
            }
            Self::TooDeep { .. } => "nothing isthmus reads is nested that deeply: flatten it",
            Self::TooMuch { .. } => "write the values out, or split the file",
            Self::ComplexKey { .. } => "quote the key if it is meant to be a text such as \"{a}\"",
            Self::Tag { .. } => "remove it; only !!str, !!int, !!float, !!bool and !!null are read",
        }
    }
}

/// Parses every document of a text; a text without any gives an empty list.
///
/// # Errors
/// The first thing that is not YAML, or that passes a limit.
pub fn parse(text: &str) -> Result<Vec<Node>, ParseError> {
    let options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut builder = Builder::default();
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| scan_error(&error))?;
        builder.event(event, span)?;
    }
    Ok(builder.documents)
}

fn scan_error(error: &ScanError) -> ParseError {
    let at = position(error.marker());
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => ParseError::TooDeep { at },
        _ => ParseError::Syntax {
            at,
            why: error.info(),
        },
    }
}

fn position(marker: &granit_parser::Marker) -> Position {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Position {
        line: number(marker.line().max(1)),
        column: number(marker.col()).saturating_add(1),
    }
}

/// A list or mapping whose end has not come yet.
struct Open {
    at: Position,
    anchor: usize,
    kind: Kind,
    /// The weight of the document when it began.
    before: usize,
}

enum Kind {
    List(Vec<Node>),
    Map(Vec<Entry>, Option<(Position, Scalar)>),
}

/// Builds trees from events.
#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Node, usize)>,
    weight: usize,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), ParseError> {
        let at = position(&span.start);
        let tag_at = span.tag_start().map_or(at, |start| position(&start));
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let style = scalar_style(style, tag.as_deref(), tag_at)?;
                let text = text.into_owned();
                let before = self.weight;
                self.weigh(1 + text.len() / 64, at)?;
                let value = Value::Scalar(Scalar { text, style });
                self.finish(Node { at, value }, anchor, before)
            }
            Event::Alias(anchor) => self.alias(anchor, at),
            Event::SequenceStart(_, anchor, tag) => {
                check_tag(tag.as_deref(), "seq", tag_at)?;
                self.start(Kind::List(Vec::new()), at, anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                check_tag(tag.as_deref(), "map", tag_at)?;
                self.start(Kind::Map(Vec::new(), None), at, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::DocumentStart(..) => {
                self.anchors.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn weigh(&mut self, weight: usize, at: Position) -> Result<(), ParseError> {
        self.weight += weight;
        if self.weight > MAX_WEIGHT {
            return Err(ParseError::TooMuch { at });
        }
        Ok(())
    }

    fn start(&mut self, kind: Kind, at: Position, anchor: usize) -> Result<(), ParseError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(ParseError::TooDeep { at });
        }
        let before = self.weight;
        self.weigh(1, at)?;
        self.open.push(Open {
            at,
            anchor,
            kind,
            before,
        });
        Ok(())
    }

    fn end(&mut self) -> Result<(), ParseError> {
        let open = self.open.pop().expect("the parser ends what it started");
        let value = match open.kind {
            Kind::List(items) => Value::List(items),
            Kind::Map(entries, _) => Value::Map(entries),
        };
        let node = Node { at: open.at, value };
        self.finish(node, open.anchor, open.before)
    }

    fn alias(&mut self, anchor: usize, at: Position) -> Result<(), ParseError> {
        let Some((node, weight)) = self.anchors.get(&anchor) else {
            let why = "an alias cannot stand inside what it refers to".to_owned();
            return Err(ParseError::Syntax { at, why });
        };
        let (weight, before) = (*weight, self.weight);
        // Weighed before it is copied, so that a bomb never goes off.
        if before + weight > MAX_WEIGHT {
            return Err(ParseError::TooMuch { at });
        }
        let node = Node {
            at,
            value: node.value.clone(),
        };
        if self.open.len() + depth(&node) > MAX_DEPTH {
            return Err(ParseError::TooDeep { at });
        }
        self.weight = before + weight;
        self.finish(node, 0, before)
    }

    /// Puts a finished node where it belongs.
    fn finish(&mut self, node: Node, anchor: usize, before: usize) -> Result<(), ParseError> {
        if anchor != 0 {
            let weight = self.weight - before;
            self.weigh(weight, node.at)?;
            self.anchors.insert(anchor, (node.clone(), weight));
        }
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.documents.push(node),
            Some(Kind::List(items)) => items.push(node),
            Some(Kind::Map(entries, pending)) => match pending.take() {
                Some((at, key)) => entries.push(Entry {
                    at,
                    key,
                    value: node,
                }),
                None => *pending = Some(key(node)?),
            },
        }
        Ok(())
    }
}

fn key(node: Node) -> Result<(Position, Scalar), ParseError> {
    match node.value {
        Value::Scalar(scalar) => Ok((node.at, scalar)),
        Value::List(_) | Value::Map(_) => Err(ParseError::ComplexKey { at: node.at }),
    }
}

/// How many levels of lists and mappings a node has.
fn depth(node: &Node) -> usize {
    let deepest = match &node.value {
        Value::Scalar(_) => return 0,
        Value::List(items) => items.iter().map(depth).max(),
        Value::Map(entries) => entries.iter().map(|entry| depth(&entry.value)).max(),
    };
    1 + deepest.unwrap_or(0)
}

/// A list or mapping may say what it is, and nothing else.
fn check_tag(tag: Option<&Tag>, allowed: &str, at: Position) -> Result<(), ParseError> {
    match tag.filter(|tag| !tag.is_yaml_core_schema_tag(allowed)) {
        None => Ok(()),
        Some(tag) => Err(ParseError::Tag {
            at,
            tag: tag.original(),
        }),
    }
}

fn scalar_style(style: ScalarStyle, tag: Option<&Tag>, at: Position) -> Result<Style, ParseError> {
    let plain = ["int", "float", "bool", "null"];
    match tag {
        None if style == ScalarStyle::Plain => Ok(Style::Plain),
        None => Ok(Style::Text),
        Some(tag) if tag.is_yaml_core_schema_tag("str") => Ok(Style::Text),
        Some(tag) if plain.iter().any(|word| tag.is_yaml_core_schema_tag(word)) => Ok(Style::Plain),
        Some(tag) => Err(ParseError::Tag {
            at,
            tag: tag.original(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position_of(text: &str) -> String {
        parse(text).unwrap_err().at().to_string()
    }

    #[test]
    fn a_billion_laughs_are_not_heard() {
        let mut text = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
        for i in 1..30 {
            let copies = vec![format!("*a{}", i - 1); 9].join(", ");
            text += &format!("a{i}: &a{i} [{copies}]\n");
        }
        assert!(matches!(parse(&text), Err(ParseError::TooMuch { .. })));
    }

    #[test]
    fn long_texts_weigh_as_much_as_they_take() {
        let text = format!(
            "a: &a {}\nb: [{}]\n",
            "x".repeat(200_000),
            ["*a"; 200].join(", ")
        );
        assert!(matches!(parse(&text), Err(ParseError::TooMuch { .. })));
    }

    #[test]
    fn deep_nesting_is_refused_in_every_form() {
        let flow = "[".repeat(100_000);
        let block: String = (0..200)
            .map(|i| format!("{}a:\n", "  ".repeat(i)))
            .collect();
        let aliases: String = (1..40)
            .map(|i| format!("a{i}: &a{i} [[*a{}]]\n", i - 1))
            .collect();
        let aliases = format!("a0: &a0 [[x]]\n{aliases}");
        for text in [flow, block, aliases] {
            let error = parse(&text).unwrap_err();
            assert!(matches!(error, ParseError::TooDeep { .. }), "{error}");
        }
    }

    #[test]
    fn an_alias_inside_its_own_anchor_is_refused() {
        assert!(parse("a: &a [*a]\n").is_err());
        assert!(parse("a: *nowhere\n").is_err());
    }

    #[test]
    fn positions_count_from_one() {
        assert_eq!(position_of("a: b\nc: !mine d\n"), "2:4");
        assert_eq!(position_of("a: b\r\n[x]: y\r\n"), "2:1");
    }

    #[test]
    fn an_empty_text_has_no_documents() {
        assert_eq!(parse(""), Ok(vec![]));
        assert_eq!(parse("# only a comment\n"), Ok(vec![]));
        assert_eq!(parse("a\n---\nb\n").unwrap().len(), 2);
    }
}
