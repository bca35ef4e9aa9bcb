from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from referencing import Registry, Resource

from hembench.core import plugins
from hembench.plan import document

CONFIG = Path(__file__).parents[2] / "config"

STUDY = yaml.safe_load((CONFIG / "demo.yaml").read_text(encoding="utf-8"))


def validate(study: object) -> None:
    registry: Registry = Registry().with_resource(
        "recipe.schema.json", Resource.from_contents(document.recipe_schema())
    )
    jsonschema.Draft202012Validator(document.schema(), registry=registry).validate(study)


@pytest.mark.parametrize("name", ["README.md", "study.schema.json", "recipe.schema.json"])
def test_committed_file_is_what_the_models_say(name: str) -> None:
    committed = (CONFIG / name).read_text(encoding="utf-8")
    assert committed == document.files()[name], "the models changed: run `make schema` and commit config/"


@pytest.mark.parametrize("path", sorted(CONFIG.glob("*.yaml")), ids=lambda path: path.name)
def test_studies_fit_the_schema(path: Path) -> None:
    validate(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", sorted(CONFIG.glob("recipes/*.yaml")), ids=lambda path: path.name)
def test_recipes_fit_the_schema(path: Path) -> None:
    jsonschema.validate(yaml.safe_load(path.read_text(encoding="utf-8")), document.recipe_schema())


@pytest.mark.parametrize(
    "edit",
    [
        {"sedes": [0]},
        {"losses": {"hem": {"powr": 0.5}}},
        {"losses": {"mine": {"loss": "hemm"}}},
        {"networks": {"big": {"network": "mlp", "width": "wide"}}},
        {"tables": ["sumary"]},
        {"evaluate": {"scores": ["mps"]}},
        {"evaluate": {"attacks": [{"attack": "autoattack_paper", "norm": "L1", "eps": 1, "images": 1}]}},
        {
            "evaluate": {
                "attacks": [{"attack": "autoattack_paper", "norm": "L2", "eps": 1, "images": 1, "step": 3}]
            }
        },
        {"recipes": {"r": {"epochs": 1, "batch_size": 2, "optimizer": {}}}},
    ],
    ids=str,
)
def test_schema_refuses(edit: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        validate(STUDY | edit)


def test_schemas_are_schemas() -> None:
    for schema in (document.schema(), document.recipe_schema()):
        jsonschema.Draft202012Validator.check_schema(schema)
        assert json.loads(json.dumps(schema)) == schema


def test_readme_names_every_key_and_plugin() -> None:
    text = document.readme()
    assert "{{" not in text
    for _, model in (*document.STUDY_TABLES, *document.RECIPE_TABLES):
        for key in model.model_fields:
            assert f"| `{key}` |" in text
    for kind in document.PLUGIN_TABLES:
        for name in plugins.names(kind):
            assert f"| `{name}` |" in text


def test_every_key_has_words() -> None:
    for _, model in (*document.STUDY_TABLES, *document.RECIPE_TABLES):
        for key, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{key} needs a description"


def test_options_are_explained_in_their_docstrings() -> None:
    for kind in ("losses", "networks", "datasets", "ood", "corruptions", "attacks"):
        for name in plugins.names(kind):
            for option in document._options(kind, name):
                assert option in document._arguments(kind, name), f"{kind}/{name}.py: 'Args:' lacks {option}"


def test_main_writes_the_files(tmp_path: Path) -> None:
    document.main(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(document.files())
