"""Drawing arrays: plain numpy values in, figures and files out; knows nothing of runs or torch."""
