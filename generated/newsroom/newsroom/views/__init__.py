"""Materialized views: one table of products, reflected by category and by brand."""
