# One name for everything: the README, CI and people use these same commands.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 5005
ACTION_SERVER_PORT ?= 5055

# Nothing is sent anywhere: no telemetry, no error reports, no warnings of old libraries in front of people.
export RASA_TELEMETRY_ENABLED := false
export PYTHONWARNINGS := ignore
export SQLALCHEMY_SILENCE_UBER_WARNING := 1
export UV_PYTHON_DOWNLOADS := never
export HOST PORT ACTION_SERVER_PORT
export ASSISTANT_SECRET ?=

UV := .uv/bin/uv
RUN := $(UV) run --frozen --no-sync

.PHONY: help
help:  ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

.PHONY: setup
setup:  ## Install everything into .venv (also done by the other commands)
	@scripts/setup $(PYTHON)

.PHONY: run
run: setup widget  ## Set up, train if needed, start, print the address to open
	@$(RUN) python -m assistant.train
	@$(RUN) python -m assistant.run

.PHONY: telegram
telegram: setup widget  ## The same with the Telegram bot: make telegram TELEGRAM_BOT_TOKEN=... (docs/telegram.md)
	@$(RUN) python -m assistant.telegram_check
	@$(RUN) python -m assistant.train
	@$(RUN) python -m assistant.run

.PHONY: widget
widget:  ## Install the widget's tools and build it, where missing or older than its sources
	@scripts/widget

.PHONY: train
train: setup  ## Train the model if it is older than what it is made from
	@$(RUN) python -m assistant.train

.PHONY: test
test: setup widget lint check-content train  ## Set up, then lint, types, content and all tests
	@echo "Checking the training data with Rasa."
	@$(RUN) python -m assistant.validate
	@echo "Running the tests."
	@$(RUN) pytest
	@$(MAKE) --no-print-directory test-widget

.PHONY: test-widget
test-widget: setup widget train  ## Only the widget: its units, and a real browser with the real assistant
	@cd widget && npm run --silent test:unit
	@browser=$$(scripts/browser) && cd widget && CHROME_PATH="$$browser" npm run --silent test:browser

.PHONY: lighthouse
lighthouse: setup widget train  ## Lighthouse on the demonstration page: accessibility and best practices have to be 100
	@browser=$$(scripts/browser) && cd widget/lighthouse && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && CHROME_PATH="$$browser" npm run --silent measure

.PHONY: screenshots
screenshots: setup widget train  ## Make docs/screenshots anew
	@browser=$$(scripts/browser) && cd widget && CHROME_PATH="$$browser" npm run --silent screenshots

.PHONY: lint
lint: setup widget  ## Style and types
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@cd widget && npm run --silent check

.PHONY: check-content
check-content: setup  ## Schemas, sources, phone numbers, wording and reading ease of everything in content/
	@$(RUN) python -m assistant.check_content

.PHONY: evaluate
evaluate: FILE ?= tests/understanding/cases.jsonl
evaluate: train  ## Measure understanding on our own cases, or yours: make evaluate FILE=messages.jsonl
	@$(RUN) python -m assistant.evaluate "$(FILE)"

.PHONY: bench
bench: train  ## Measure training, start-up, memory and time a turn
	@$(RUN) python -m bench.turns

.PHONY: bench-understanding
bench-understanding: train  ## Compare ways of understanding: make bench-understanding FILE=messages.jsonl
	@test -n "$(FILE)" || { echo "Which file? Use: make bench-understanding FILE=messages.jsonl"; exit 2; }
	@$(UV) sync --frozen --quiet --group bench
	@$(RUN) python -m bench.understanding "$(FILE)" --docs docs

.PHONY: adapt-encoder
adapt-encoder: setup  ## Adapt the encoder to data/nlu (about an hour; GO_ON=1 half; needs PyTorch; tuning/README.md)
	@echo "Installing PyTorch into .tuning/ (once)."
	@test -x .tuning/bin/python || $(PYTHON) -m venv .tuning
	@.tuning/bin/pip install --quiet --disable-pip-version-check --requirement tuning/requirements.txt
	@echo "Adapting the encoder. It says every 50 steps how far it is."
	@PYTHONPATH=. .tuning/bin/python -m tuning.adapt_encoder data/encoder_adapters.npz $(if $(GO_ON),--go-on)

.PHONY: clean
clean:  ## Remove everything that was built
	rm -rf widget/node_modules widget/lighthouse/node_modules widget/dist .venv .uv .tuning .rasa .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis models/gazetteer models/encoder.onnx models/*.tar.gz results
