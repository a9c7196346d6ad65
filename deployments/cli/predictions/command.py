"""`evalflows predictions`: epochs, show, compare, load, export."""

from cyclopts import App

HERE = "deployments.cli.predictions"

app = App(name="predictions", help="What a model said at each step of its training: read, compare, load, export.")
app.command(f"{HERE}.epochs:epochs", name="epochs", sort_key=1, help="Epochs and how many predictions each has.")
app.command(f"{HERE}.show:show", name="show", sort_key=2, help="One page of predictions, by epoch and step.")
app.command(
    f"{HERE}.compare:compare",
    name="compare",
    sort_key=3,
    help="Compare the steps of a training, or one sample across all of them.",
)
app.command(f"{HERE}.export:export", name="export", sort_key=4, help="Write the report of a training as one page.")
app.command(
    f"{HERE}.load:load", name="load", sort_key=5, help="Put predictions that were kept in spool files into Postgres."
)
