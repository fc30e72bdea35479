//! Who renders Istio's charts: this program, for engines that model what the objects mean, or
//! istioctl, for clusters on which a real Istio runs.

use std::{fmt, sync::Arc};

use futures::future::try_join_all;
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
    /// The form in which stages are rendered.
    fn form(&self) -> Form {
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
        // None needs what another makes, and each is a program of its own.
        let made = rendered
            .into_iter()
            .map(|placed| made(istioctl.as_ref(), placed, doing()));
        let made = try_join_all(made).await?;
        Ok(made.into_iter().flatten().collect())
    }
}

/// What istioctl makes of an object that is one of its own, in that order; any other object itself.
async fn made(istioctl: &dyn Istioctl, placed: Placed, doing: String) -> Result<Vec<Placed>> {
    let Some(version) = placed.object.of_istio() else {
        return Ok(vec![placed]);
    };
    let made = istioctl.generate(&version, placed.object.value()).await;
    let made = made.map_err(|source| Error::Charts {
        doing: format!("{doing} for {}", placed.cluster),
        source: Box::new(source),
    })?;
    made.into_iter()
        .map(|value| {
            let object = Object::new(value).doing("read what istioctl made")?;
            Ok(object.into_cluster(&placed.cluster))
        })
        .collect()
}

impl fmt::Debug for Charts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rendered => "Rendered",
            Self::Generated(_) => "Generated",
        })
    }
}
