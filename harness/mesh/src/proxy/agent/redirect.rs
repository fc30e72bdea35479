//! istio-iptables: connections of a pod go to its proxy.

use std::collections::BTreeMap;

use sim::{
    net::Redirect,
    program::{Health, Process, Start},
};

use super::life::Ended;

/// What is modelled of each argument: any value, or this one only.
const MODELLED: &[(&str, Option<&str>)] = &[
    ("-p", None),
    ("-z", None),
    ("-u", Some("1337")),
    ("-g", None),
    ("-m", Some("REDIRECT")),
    ("-i", Some("*")),
    ("-x", Some("")),
    ("-b", Some("*")),
    ("-d", None),
    ("-q", Some("")),
    ("-o", Some("")),
];

/// Sets the redirection up and ends.
pub(super) fn set_up(start: &Start, arguments: &[String]) -> Result<Box<dyn Process>, String> {
    start.host.redirect(read(arguments)?);
    Ok(Box::new(Ended::with(Health::Exited(0))))
}

fn read(arguments: &[String]) -> Result<Redirect, String> {
    let mut values: BTreeMap<&str, &str> = BTreeMap::new();
    for pair in arguments
        .iter()
        .filter(|a| !a.starts_with("--"))
        .collect::<Vec<_>>()
        .chunks(2)
    {
        let [name, value] = pair else {
            return Err(format!("istio-iptables {pair:?} has no value"));
        };
        let known = MODELLED.iter().find(|(known, _)| known == name);
        match known {
            Some((_, only)) if only.is_none_or(|only| only == value.as_str()) => {
                values.insert(name, value);
            }
            Some(_) | None => {
                return Err(format!("istio-iptables {name} '{value}' is not modelled"));
            }
        }
    }
    let port = |name: &str, default: u16| match values.get(name) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .map_err(|_| format!("istio-iptables {name} '{text}' is no port")),
    };
    let excluded = values.get("-d").copied().unwrap_or_default();
    let excluded = excluded.split(',').filter(|text| !text.is_empty());
    let excluded = excluded.map(|text| {
        let wrong = || format!("istio-iptables -d '{text}' is no port");
        text.parse().map_err(|_| wrong())
    });
    Ok(Redirect {
        inbound: port("-z", 15006)?,
        inbound_except: excluded.collect::<Result<_, String>>()?,
        outbound: port("-p", 15001)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn ports_that_are_excluded_are_left_alone() {
        let read = read(&words("-p 15001 -z 15006 -u 1337 -i * -b * -d 15090,15021")).unwrap();
        assert_eq!((read.inbound, read.outbound), (15006, 15001));
        assert_eq!(read.inbound_except, [15090, 15021]);
    }

    #[test]
    fn ranges_are_refused_by_the_name_of_their_argument() {
        let error = read(&words("-x 10.0.0.0/8")).unwrap_err();
        assert_eq!(error, "istio-iptables -x '10.0.0.0/8' is not modelled");
    }
}
