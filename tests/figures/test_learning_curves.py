from __future__ import annotations

import pandas as pd
import pytest

from hembench.figures.learning_curves import draw


def test_shares_in_per_cent_losses_as_they_are(histories: pd.DataFrame) -> None:
    data = draw(histories).data
    for quantity, factor in (("train_accuracy", 100.0), ("zero_loss_share", 100.0), ("train_loss", 1.0)):
        was = histories.loc[histories["quantity"] == quantity, "value"]
        assert data.loc[data["quantity"] == quantity, "value"].tolist() == pytest.approx((factor * was).tolist())
    assert "learning_rate" not in set(data["quantity"])


def test_quantities_asked_for(histories: pd.DataFrame) -> None:
    drawing = draw(histories, quantities=("learning_rate",))
    assert "Learning rate" in drawing.wide
    assert "Training accuracy" not in drawing.wide
