"""Ofsted's published list of providers: read as it comes, taken as reference data of the region."""
