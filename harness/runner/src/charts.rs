//! Who renders Istio's charts: this program, for engines that model what the objects mean, or
//! istioctl, for clusters on which a real Istio runs.

use std::{fmt, sync::Arc};

use istioctl::Istioctl;
use manifest::{Facts, Form, Object, Placed, Stage};

use crate::{Error, Result, error::Doing as _};

/// Who renders Istio's charts.
#[derive(Clone, Default)]
pub enum Charts {
    /// This program.
    #[default]
    Rendered,
    /// istioctl, from the same values.
    Generated(Arc<dyn Istioctl>),
}

impl Charts {
    /// The form in which stages are rendered, and waited for.
    pub(crate) fn form(&self) -> Form {
        match self {
            Self::Rendered => Form::Objects,
            Self::Generated(_) => Form::Operators,
        }
    }

    /// The objects of a stage as they are to be applied.
    pub(crate) async fn objects(&self, stage: &Stage<'_>, facts: &Facts) -> Result<Vec<Placed>> {
        let doing = || format!("render stage {}", stage.name());
        let rendered = stage.render(facts, self.form()).doing(doing())?;
        let Self::Generated(istioctl) = self else {
            return Ok(rendered);
        };
        let mut objects = Vec::with_capacity(rendered.len());
        for placed in rendered {
            match placed.object.of_istio() {
                Some(version) => {
                    let made = istioctl.generate(&version, placed.object.value()).await;
                    let made = made.map_err(|source| Error::Charts {
                        doing: format!("{} for {}", doing(), placed.cluster),
                        source: Box::new(source),
                    })?;
                    for value in made {
                        let object = Object::new(value).doing("read what istioctl made")?;
                        objects.push(object.into_cluster(&placed.cluster));
                    }
                }
                None => objects.push(placed),
            }
        }
        Ok(objects)
    }
}

impl fmt::Debug for Charts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rendered => "Rendered",
            Self::Generated(_) => "Generated",
        })
    }
}
